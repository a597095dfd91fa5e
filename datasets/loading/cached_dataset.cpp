#include "datasets/loading/cached_dataset.h"

#include <utility>

namespace multipole {

CachedDataset::CachedDataset(std::shared_ptr<const Dataset> source, int64_t limit_bytes)
    : source_(std::move(source)), limit_bytes_(limit_bytes), slots_(source_->size()) {}

Sample CachedDataset::get(int64_t index) const {
  Slot& slot = slots_.at(index);
  std::mutex& lock = locks_[static_cast<size_t>(index) % kNumLocks];
  {
    const std::lock_guard guard(lock);
    if (slot.image.defined())
      return {slot.image, slot.label, slot.mask, source_->path(index), slot.notes, slot.nodata_pixels};
  }
  Sample sample = source_->get(index);  // decoded outside of the lock, so that others need not wait
  const auto bytes = static_cast<int64_t>(sample.image.nbytes() + (sample.mask.defined() ? sample.mask.nbytes() : 0));
  const std::lock_guard guard(lock);
  if (slot.image.defined()) return sample;
  if (cached_bytes_.fetch_add(bytes) + bytes > limit_bytes_) {
    cached_bytes_ -= bytes;
  } else {
    slot = {sample.image, sample.mask, sample.label, sample.notes, sample.nodata_pixels};
  }
  return sample;
}

}  // namespace multipole

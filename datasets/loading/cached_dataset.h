// Keeps decoded samples in memory, so that small sets such as CIFAR-10 are decoded once and not every epoch.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace multipole {

// A view of another dataset. Samples are kept as they are first asked for until `limit_bytes` of pixels are held; later
// ones are decoded each time. A sample that cannot be read is tried again each time. The tensors handed out are shared:
// callers must not write to them.
class CachedDataset : public Dataset {
 public:
  explicit CachedDataset(std::shared_ptr<const Dataset> source, int64_t limit_bytes = int64_t{4} << 30);

  int64_t size() const override { return source_->size(); }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return source_->path(index); }
  int64_t cached_bytes() const { return cached_bytes_; }

 private:
  struct Slot {
    torch::Tensor image, mask;
    int64_t label = -1;
    std::vector<std::string> notes;
    int64_t nodata_pixels = 0;
  };
  static constexpr size_t kNumLocks = 64;

  std::shared_ptr<const Dataset> source_;
  int64_t limit_bytes_;
  mutable std::vector<Slot> slots_;
  mutable std::array<std::mutex, kNumLocks> locks_;
  mutable std::atomic<int64_t> cached_bytes_{0};
};

}  // namespace multipole

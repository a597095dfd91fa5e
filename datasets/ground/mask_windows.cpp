#include "datasets/ground/mask_windows.h"

#include <algorithm>
#include <utility>

namespace multipole {
namespace {

constexpr int64_t kMaskPixelsAtOnce = int64_t{1} << 22;

}  // namespace

MaskWindows::MaskWindows(std::filesystem::path path, const LabelMap& labels, MaskForm form,
                         const DecodeOptions& options)
    : path_(std::move(path)), labels_(labels), form_(form), options_(options) {
  const auto rows = open();
  height_ = rows->height();
  width_ = rows->width();
  reads_parts_ = rows->go_to({0, 0, 1, 1});
}

std::unique_ptr<MaskRows> MaskWindows::open() const { return open_mask_rows(path_, options_, form_); }

LabelPart MaskWindows::read(const CropBox& part) const {
  if (!reads_parts_) return {decoded().read(part).squeeze(2), {}};
  const auto rows = open();
  rows->go_to(part);
  const StoredMask stored = rows->read(part.height);
  return {labels_.apply(stored, path_.string(), part.top, part.left), stored.notes};
}

const ScratchPlane& MaskWindows::decoded() const {
  const std::lock_guard lock(mutex_);
  if (decoded_ != nullptr) return *decoded_;
  auto made = std::make_unique<ScratchPlane>(height_, width_, 1);
  const auto rows = open();
  const int64_t most = std::max<int64_t>(1, kMaskPixelsAtOnce / width_);
  for (int64_t y = 0; y < height_; y += most) {
    made->write(y, labels_.apply(rows->read(std::min(most, height_ - y)), path_.string(), y));
  }
  decoded_ = std::move(made);
  return *decoded_;
}

}  // namespace multipole

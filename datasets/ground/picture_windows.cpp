#include "datasets/ground/picture_windows.h"

#include <algorithm>
#include <utility>

namespace multipole {
namespace {

constexpr int64_t kPixelsAtOnce = int64_t{1} << 22;

}  // namespace

PictureWindows::PictureWindows(std::filesystem::path path, const DecodeOptions& options)
    : path_(std::move(path)), options_(options) {
  const auto rows = open_picture_rows(path_, options_);
  height_ = rows->height();
  width_ = rows->width();
  reads_parts_ = rows->go_to({0, 0, 1, 1});
}

DecodedImage PictureWindows::read(const CropBox& part) const {
  DecodedImage image;
  if (reads_parts_) {
    const auto rows = open_picture_rows(path_, options_);
    rows->go_to(part);
    image.pixels = rows->read(part.height);
    image.valid = rows->read_validity();
    image.notes = rows->notes();
    return image;
  }
  const Decoded& whole = decoded();
  image.pixels = whole.pixels->read(part);
  if (whole.invalid != nullptr) {
    const torch::Tensor valid = whole.invalid->read(part).squeeze(2).eq(0);
    if (!valid.all().item<bool>()) image.valid = valid;
  }
  image.notes = whole.notes;
  return image;
}

const PictureWindows::Decoded& PictureWindows::decoded() const {
  const std::lock_guard lock(mutex_);
  if (decoded_ != nullptr) return *decoded_;
  auto made = std::make_unique<Decoded>();
  const auto rows = open_picture_rows(path_, options_);
  const int64_t most = std::max<int64_t>(1, kPixelsAtOnce / width_);
  for (int64_t y = 0; y < height_; y += most) {
    const int64_t count = std::min(most, height_ - y);
    const torch::Tensor pixels = rows->read(count), valid = rows->read_validity();
    if (made->pixels == nullptr) made->pixels = std::make_unique<ScratchPlane>(height_, width_, pixels.size(2));
    made->pixels->write(y, pixels);
    if (!valid.defined()) continue;
    if (made->invalid == nullptr) made->invalid = std::make_unique<ScratchPlane>(height_, width_, 1);
    made->invalid->write(y, valid.logical_not().to(torch::kUInt8));
  }
  made->notes = rows->notes();
  decoded_ = std::move(made);
  return *decoded_;
}

}  // namespace multipole

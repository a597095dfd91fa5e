#include "datasets/pictures/row_resize.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "datasets/pictures/resize_passes.h"

namespace multipole {
namespace {

// At a time: enough that preparing the weights costs nothing beside them, few enough that those of a photograph stay in
// the cache between decoding and shrinking.
constexpr int64_t kRows = 64;

// What of one axis counts: its first input and how many.
struct Extent {
  int64_t begin, count;
};

// Weights are then those of inputs counted from the first that counts.
Extent cut_weights(AxisWeights& axis) {
  const int64_t begin = axis.begin.front(), end = axis.begin.back() + axis.number.back();
  for (auto& each : axis.begin) each -= begin;
  return {begin, end - begin};
}

}  // namespace

RowResize::RowResize(int64_t height, int64_t width, int64_t new_height, int64_t new_width, const CropBox& window,
                     Interpolation interpolation)
    : height_(window.height), width_(window.width), along_x_(new_width != width), along_y_(new_height != height) {
  Extent rows{window.top, window.height}, columns{window.left, window.width};
  if (along_y_) {
    vertical_ = axis_weights(height, new_height, window.top, window.height, interpolation);
    rows = cut_weights(vertical_);
  }
  if (along_x_) {
    horizontal_ = axis_weights(width, new_width, window.left, window.width, interpolation);
    columns = cut_weights(horizontal_);
  }
  source_ = {rows.begin, columns.begin, rows.count, columns.count};
}

torch::Tensor RowResize::run(int64_t channels, const Read& read) const {
  const int64_t row_bytes = width_ * channels;
  torch::Tensor out = torch::empty({height_, width_, channels}, torch::kUInt8);
  auto* const write = out.data_ptr<uint8_t>();
  // rows of the window's width: all at the picture's height, or the result itself
  std::vector<uint8_t> narrow(along_y_ ? static_cast<size_t>(source_.height * row_bytes) : 0);
  uint8_t* to = along_y_ ? narrow.data() : write;
  for (int64_t y = 0; y < source_.height; y += kRows) {
    const int64_t count = std::min(kRows, source_.height - y);
    const PixelRows rows = read(count);
    if (along_x_) {
      const auto some = resize_rows(rows.first, rows.stride, count, source_.width, channels, horizontal_);
      to = std::copy(some.begin(), some.end(), to);
    } else {
      for (int64_t row = 0; row < count; ++row) to = std::copy_n(rows.first + row * rows.stride, row_bytes, to);
    }
  }
  if (along_y_) resize_columns(narrow.data(), row_bytes, 0, row_bytes, vertical_, write);
  return out;
}

}  // namespace multipole

#include "datasets/pictures/resize.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "datasets/pictures/axis_weights.h"
#include "datasets/pictures/resize_passes.h"

namespace multipole {

namespace {

// The general case: cut `source` out, resize it to (height, width), keep `window`.
torch::Tensor resize_part(const torch::Tensor& image, const CropBox& source, int64_t height, int64_t width,
                          const CropBox& window, Interpolation interpolation) {
  TORCH_CHECK(image.dim() == 3 && image.scalar_type() == torch::kUInt8 && image.is_contiguous(),
              "resize: expected a contiguous (H, W, C) uint8 image, got ", image.sizes(), " ", image.scalar_type());
  TORCH_CHECK(height > 0 && width > 0 && source.height > 0 && source.width > 0, "resize: an empty size");
  const auto inside = [](const CropBox& box, int64_t rows, int64_t columns) {
    return box.top >= 0 && box.left >= 0 && box.top + box.height <= rows && box.left + box.width <= columns;
  };
  TORCH_CHECK(inside(source, image.size(0), image.size(1)) && inside(window, height, width),
              "resize: a box outside of its picture");
  const int64_t channels = image.size(2), stride = image.size(1) * channels;
  const uint8_t* pixels = image.data_ptr<uint8_t>() + source.top * stride + source.left * channels;
  torch::Tensor out = torch::empty({window.height, window.width, channels}, torch::kUInt8);
  auto* const write = out.data_ptr<uint8_t>();

  // an axis that keeps its size is only cut: a pass over it would change nothing
  const bool along_x = width != source.width, along_y = height != source.height;
  AxisWeights vertical;
  int64_t first_row = window.top, num_rows = window.height;
  if (along_y) {
    vertical = axis_weights(source.height, height, window.top, window.height, interpolation);
    first_row = vertical.begin.front();
    num_rows = vertical.begin.back() + vertical.number.back() - first_row;
  }
  std::vector<uint8_t> narrowed;
  const uint8_t* rows = pixels + first_row * stride + window.left * channels;
  int64_t rows_stride = stride;
  if (along_x) {
    const auto horizontal = axis_weights(source.width, width, window.left, window.width, interpolation);
    narrowed = resize_rows(pixels + first_row * stride, stride, num_rows, source.width, channels, horizontal);
    rows = narrowed.data();
    rows_stride = window.width * channels;
  }
  if (along_y) {
    resize_columns(rows, rows_stride, first_row, window.width * channels, vertical, write);
  } else {
    for (int64_t y = 0; y < window.height; ++y)
      std::copy_n(rows + y * rows_stride, window.width * channels, write + y * window.width * channels);
  }
  return out;
}

CropBox whole(int64_t height, int64_t width) { return {0, 0, height, width}; }

}  // namespace

Interpolation interpolation_from_name(const std::string& name, const std::string& where) {
  if (name == "bilinear") return Interpolation::kBilinear;
  if (name == "bicubic") return Interpolation::kBicubic;
  throw ConfigError(where + ": unknown interpolation '" + name + "'" + suggest_name(name, {"bilinear", "bicubic"}));
}

torch::Tensor resize(const torch::Tensor& image, int64_t height, int64_t width, Interpolation interpolation) {
  return resize_part(image, whole(image.size(0), image.size(1)), height, width, whole(height, width), interpolation);
}

torch::Tensor crop_resize(const torch::Tensor& image, const CropBox& source, int64_t height, int64_t width,
                          Interpolation interpolation) {
  return resize_part(image, source, height, width, whole(height, width), interpolation);
}

torch::Tensor resize_crop(const torch::Tensor& image, int64_t height, int64_t width, const CropBox& window,
                          Interpolation interpolation) {
  return resize_part(image, whole(image.size(0), image.size(1)), height, width, window, interpolation);
}

}  // namespace multipole

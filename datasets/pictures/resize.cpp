#include "datasets/pictures/resize.h"

#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "datasets/pictures/row_resize.h"

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
  const RowResize rows(source.height, source.width, height, width, window, interpolation);
  const uint8_t* next = image.data_ptr<uint8_t>() + (source.top + rows.source().top) * stride +
                        (source.left + rows.source().left) * channels;
  return rows.run(channels, [&](int64_t count) -> PixelRows {
    return {std::exchange(next, next + count * stride), stride};
  });
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

#include "datasets/augmentation/affine.h"

#include <cmath>

namespace multipole {

torch::Tensor warp_affine(const torch::Tensor& image, const AffineMap& map, const FillColor& fill) {
  const int64_t height = image.size(0), width = image.size(1);
  torch::Tensor out = torch::empty_like(image);
  const auto* const source = image.data_ptr<uint8_t>();
  auto* write = out.data_ptr<uint8_t>();
  const double center_x = static_cast<double>(width - 1) / 2, center_y = static_cast<double>(height - 1) / 2;
  const auto pixel = [&](int64_t x, int64_t y) {
    return x >= 0 && y >= 0 && x < width && y < height ? source + (y * width + x) * 3 : fill.data();
  };
  for (int64_t row = 0; row < height; ++row) {
    const double y = static_cast<double>(row) - center_y;
    for (int64_t column = 0; column < width; ++column, write += 3) {
      const double x = static_cast<double>(column) - center_x;
      const double from_x = map.xx * x + map.xy * y + map.dx + center_x;
      const double from_y = map.yx * x + map.yy * y + map.dy + center_y;
      const double floor_x = std::floor(from_x), floor_y = std::floor(from_y);
      const auto x0 = static_cast<int64_t>(floor_x), y0 = static_cast<int64_t>(floor_y);
      const auto wx = static_cast<float>(from_x - floor_x), wy = static_cast<float>(from_y - floor_y);
      const uint8_t *a = pixel(x0, y0), *b = pixel(x0 + 1, y0), *c = pixel(x0, y0 + 1), *d = pixel(x0 + 1, y0 + 1);
      for (int i = 0; i < 3; ++i) {
        const float above = static_cast<float>(a[i]) + wx * static_cast<float>(b[i] - a[i]);
        const float below = static_cast<float>(c[i]) + wx * static_cast<float>(d[i] - c[i]);
        write[i] = static_cast<uint8_t>(above + wy * (below - above) + 0.5F);
      }
    }
  }
  return out;
}

}  // namespace multipole

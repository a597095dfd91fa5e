#include "tasks/segmentation/view/halving.h"

#include <torch/utils.h>

#include <algorithm>
#include <cstdint>

namespace multipole {
namespace {

// halve: of four values, row by row, the one that stands for them.
template <class Halve>
torch::Tensor halve_pixels(const torch::Tensor& pixels, int64_t channels, const Halve& halve) {
  const torch::Tensor from = pixels.contiguous();
  const int64_t height = from.size(0), width = from.size(1), half = (width + 1) / 2;
  auto sizes = from.sizes().vec();
  sizes[0] = (height + 1) / 2;
  sizes[1] = half;
  torch::Tensor result = torch::empty(sizes, torch::kUInt8);
  auto* to = result.data_ptr<uint8_t>();
  const auto* const bytes = from.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; y += 2) {
    const uint8_t* const above = bytes + y * width * channels;
    const uint8_t* const below = bytes + std::min(y + 1, height - 1) * width * channels;
    for (int64_t x = 0; x < width; x += 2) {
      const int64_t left = x * channels, right = std::min(x + 1, width - 1) * channels;
      for (int64_t c = 0; c < channels; ++c) {
        *to++ = halve(above[left + c], above[right + c], below[left + c], below[right + c]);
      }
    }
  }
  return result;
}

}  // namespace

torch::Tensor halve_by_mean(const torch::Tensor& pixels) {
  TORCH_CHECK(pixels.scalar_type() == torch::kUInt8 && (pixels.dim() == 2 || pixels.dim() == 3),
              "pixels: expected uint8 (H, W) or (H, W, C), got ", pixels.sizes());
  return halve_pixels(pixels, pixels.dim() == 3 ? pixels.size(2) : 1,
                      [](int a, int b, int c, int d) { return static_cast<uint8_t>((a + b + c + d + 2) / 4); });
}

torch::Tensor halve_by_majority(const torch::Tensor& ids) {
  TORCH_CHECK(ids.scalar_type() == torch::kUInt8 && ids.dim() == 2, "ids: expected uint8 (H, W), got ", ids.sizes());
  return halve_pixels(ids, 1, [](uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    if (a == b || a == c || a == d) return a;
    if (b == c || b == d) return b;
    return c == d ? c : a;
  });
}

}  // namespace multipole

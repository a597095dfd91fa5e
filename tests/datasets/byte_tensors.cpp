#include "tests/datasets/byte_tensors.h"

namespace multipole::test {

torch::Tensor gradient_image(int64_t height, int64_t width) {
  torch::Tensor image = torch::empty({height, width, 3}, torch::kUInt8);
  auto* write = image.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const double down = static_cast<double>(y + 1) / static_cast<double>(height + 1);
      const double across = static_cast<double>(x + 1) / static_cast<double>(width + 1);
      *write++ = static_cast<uint8_t>(40 + 200 * across);
      *write++ = static_cast<uint8_t>(220 - 180 * down);
      *write++ = static_cast<uint8_t>(60 + 120 * across * down);
    }
  }
  return image;
}

torch::Tensor pattern_image(int64_t height, int64_t width) {
  torch::Tensor image = torch::empty({height, width, 3}, torch::kUInt8);
  auto* write = image.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) *write++ = static_cast<uint8_t>(y * 37 + x * 91 + c * 53 + x * y % 17 * 11);
    }
  }
  return image;
}

uint64_t checksum(const torch::Tensor& tensor) {
  uint64_t hash = 0xcbf29ce484222325;
  const torch::Tensor bytes = tensor.contiguous();
  const auto* const data = static_cast<const uint8_t*>(bytes.data_ptr());
  for (size_t i = 0; i < bytes.nbytes(); ++i) hash = (hash ^ data[i]) * 0x100000001b3;
  return hash;
}

}  // namespace multipole::test

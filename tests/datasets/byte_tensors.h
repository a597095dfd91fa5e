// Pictures for tests that need no codec.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole::test {

// Smooth colours without symmetry, so that a flip or a swapped channel shows; (H, W, 3) uint8.
torch::Tensor gradient_image(int64_t height, int64_t width);

// Every value of a byte, close together; (H, W, 3) uint8: y * 37 + x * 91 + c * 53 + x * y % 17 * 11, modulo 256.
torch::Tensor pattern_image(int64_t height, int64_t width);

// FNV-1a of a tensor's bytes, to compare with results that another program computed.
uint64_t checksum(const torch::Tensor& tensor);

}  // namespace multipole::test

// Pictures that callers hand over.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace multipole {

// `picture` itself, on the CPU and contiguous. Throws InputError where it is not (H, W, channels) uint8 with at least a
// pixel: RGB, or a model's bands, scaled to bytes.
torch::Tensor rgb_picture(const torch::Tensor& picture, int64_t channels = 3);

// "Float (3, 20, 30)", for messages.
std::string type_and_shape(const torch::Tensor& tensor);

}  // namespace multipole

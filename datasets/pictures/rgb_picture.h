// Pictures that callers hand over.
#pragma once

#include <torch/types.h>

#include <string>

namespace multipole {

// `picture` itself, on the CPU and contiguous. Throws InputError where it is not (H, W, 3) uint8 with at least a pixel.
torch::Tensor rgb_picture(const torch::Tensor& picture);

// "Float (3, 20, 30)", for messages.
std::string type_and_shape(const torch::Tensor& tensor);

}  // namespace multipole

#include "datasets/pictures/rgb_picture.h"

#include <torch/utils.h>

#include <string>

#include "base/error.h"

namespace multipole {

std::string type_and_shape(const torch::Tensor& tensor) {
  std::string shape;
  for (const int64_t size : tensor.sizes()) shape += (shape.empty() ? "" : ", ") + std::to_string(size);
  return std::string(torch::toString(tensor.scalar_type())) + " (" + shape + ")";
}

torch::Tensor rgb_picture(const torch::Tensor& picture, int64_t channels) {
  if (!picture.defined()) throw InputError("an undefined tensor is no picture");
  if (picture.dim() != 3 || picture.size(2) != channels || picture.scalar_type() != torch::kUInt8 ||
      picture.numel() == 0) {
    const std::string kind = channels == 3 ? "3) uint8, RGB" : std::to_string(channels) + ") uint8";
    throw InputError("expected a picture as (H, W, " + kind + ", got " + type_and_shape(picture));
  }
  return picture.to(torch::kCPU).contiguous();
}

}  // namespace multipole

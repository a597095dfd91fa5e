// Conditional position encoding (Chu et al., arXiv 2102.10882): the border of zeros of a depthwise convolution tells
// tokens where they are, for pictures of any size.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/token_conv.h"

namespace multipole {

// (B, H, W, embed_dim) -> the same: x + depthwise 3 x 3 convolution of x.
class PositionConvImpl : public torch::nn::Module {
 public:
  explicit PositionConvImpl(int64_t embed_dim);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  TokenConv conv_{nullptr};
};
TORCH_MODULE(PositionConv);

}  // namespace multipole

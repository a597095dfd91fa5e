// Convolution of token maps: (B, H, W, C) in memory is NCHW in channels-last order, so no layout is ever copied.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

struct TokenConvShape {
  int64_t in_channels = 0, out_channels = 0;
  int64_t stride = 1;
  int64_t size = 3;    // odd: along each side of the kernel
  int64_t groups = 1;  // in_channels for a depthwise convolution
};

// Convolution of size x size with a border of size / 2 zeros: (B, H, W, in_channels) -> (B, ceil(H / stride),
// ceil(W / stride), out_channels), contiguous for a contiguous input, any H and W from 1 up.
class TokenConvImpl : public torch::nn::Module {
 public:
  // Weight and bias uniform within 1 / sqrt(inputs of an output), as torch starts its convolutions.
  explicit TokenConvImpl(const TokenConvShape& shape);
  torch::Tensor forward(const torch::Tensor& x);

  torch::Tensor weight;  // (out_channels, in_channels / groups, size, size), channels-last
  torch::Tensor bias;    // (out_channels)

 private:
  TokenConvShape shape_;
};
TORCH_MODULE(TokenConv);

}  // namespace multipole

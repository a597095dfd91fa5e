// Tokens of overlapping patches: from pixels to the first stage, and from one stage to the next.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/token_conv.h"

namespace multipole {

// One convolution, then a layer norm (Xie et al., SegFormer, arXiv 2105.15203, section 3.1): (B, H, W, in_channels) ->
// (B, ceil(H / stride), ceil(W / stride), out_channels), any H and W from 1 up.
class OverlappingEmbeddingImpl : public torch::nn::Module {
 public:
  OverlappingEmbeddingImpl(const TokenConvShape& shape, double norm_eps);
  static double count_parameters(const TokenConvShape& shape);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  TokenConv conv_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(OverlappingEmbedding);

}  // namespace multipole

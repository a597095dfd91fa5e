// Halves a grid by joining neighbours: section 3.1 of Liu et al., "Swin Transformer", arXiv 2103.14030.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/linear.h"

namespace multipole {

// The channels of 2 x 2 tokens one after the other (upper left, lower left, upper right, lower right), layer norm, and
// a linear layer without bias: (B, H, W, in_channels) -> (B, ceil(H / 2), ceil(W / 2), out_channels), contiguous. A
// grid of odd sides is filled up with zeros below and right.
class PatchMergingImpl : public torch::nn::Module {
 public:
  PatchMergingImpl(int64_t in_channels, int64_t out_channels, double norm_eps);

  static double count_parameters(int64_t in_channels, int64_t out_channels);

  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::LayerNorm norm_{nullptr};
  Linear reduction_{nullptr};
};
TORCH_MODULE(PatchMerging);

}  // namespace multipole

// A linear layer over the last axis, by the fastest way that LibTorch has.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

// x (..., in_features) -> (..., out_features): x weight^T + bias. weight (out_features, in_features); bias
// (out_features) or undefined. The one place that chooses how the product is computed.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

class LinearImpl : public torch::nn::Module {
 public:
  // Weight from a truncated normal of deviation 0.02, bias zero.
  LinearImpl(int64_t in_features, int64_t out_features, bool with_bias = true);

  // (..., in_features) -> (..., out_features)
  torch::Tensor forward(const torch::Tensor& x) { return linear(x, weight, bias); }

  torch::Tensor weight, bias;  // (out_features, in_features); (out_features), undefined without bias
};
TORCH_MODULE(Linear);

}  // namespace multipole

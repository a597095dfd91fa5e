// A linear layer over the last axis, by the fastest way that LibTorch has.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "backbone/layers/activation.h"
#include "backbone/layers/packed_weight.h"

namespace multipole {

// x (..., in_features) -> (..., out_features): x weight^T + bias. weight (out_features, in_features); bias
// (out_features) or undefined. The one place that chooses how the product is computed.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

class LinearImpl : public torch::nn::Module {
 public:
  // Weight from a truncated normal of deviation 0.02, bias zero.
  LinearImpl(int64_t in_features, int64_t out_features, bool with_bias = true);

  // (..., in_features) -> (..., out_features)
  torch::Tensor forward(const torch::Tensor& x);
  // The activation of that, in the same pass where the weight is packed.
  torch::Tensor forward_activated(const torch::Tensor& x, Activation activation);

  // For inference in `type`, float32 or bfloat16: keeps a packed copy of the weight, which forward() takes where it
  // serves. Weights that change afterwards are used as they are, unpacked.
  void pack(torch::ScalarType type) { packed_ = PackedWeight::of(weight, bias, type); }

  torch::Tensor weight, bias;  // (out_features, in_features); (out_features), undefined without bias

 private:
  std::optional<PackedWeight> packed_;
};
TORCH_MODULE(Linear);

// Packs every linear layer of `model` (LinearImpl::pack).
void pack_linear_layers(const torch::nn::Module& model, torch::ScalarType type);

}  // namespace multipole

// A linear layer's weight in the order in which oneDNN multiplies it, for inference: made once, so that no product has
// to reorder it, nor, under autocast, to convert it. The operators are those that PyTorch's compiler calls
// (mkldnn::_reorder_linear_weight, mkldnn::_linear_pointwise).
#pragma once

#include <torch/types.h>

#include <optional>

#include "backbone/layers/activation.h"

namespace multipole {

class PackedWeight {
 public:
  // A copy of weight (out_features, in_features), on the CPU, as `type`: float32 or bfloat16. Nothing where LibTorch
  // has no oneDNN, the processor no AVX-512, or the weight lies on another device.
  static std::optional<PackedWeight> of(const torch::Tensor& weight, const torch::Tensor& bias, torch::ScalarType type);

  // Whether product() gives what `weight`, the layer's as it is now, asks for: it has not changed, no graph is
  // recorded, x (..., in_features) is computed with in this type here, autocast counted in, and it has tokens enough
  // for the call to cost less than the product.
  bool serves(const torch::Tensor& x, const torch::Tensor& weight) const;

  // activation(x weight^T + bias), (..., out_features), in this type; the activation, if there is one, while the sums
  // are in registers where oneDNN knows it.
  torch::Tensor product(const torch::Tensor& x, std::optional<Activation> activation = {}) const;

 private:
  torch::Tensor packed_, bias_;
  torch::ScalarType type_ = torch::kFloat32;
  int64_t out_features_ = 0;
  // which numbers were packed
  const void* source_ = nullptr;
  int64_t version_ = 0;
};

}  // namespace multipole

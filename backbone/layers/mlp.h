// The two-layer perceptron of a transformer block.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/linear.h"

namespace multipole {

// (..., embed_dim) -> (..., embed_dim): linear, GELU, linear, token by token.
class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(int64_t embed_dim, int64_t hidden_dim);
  torch::Tensor forward(const torch::Tensor& x);
  int64_t hidden_dim() const { return fc1_->weight.size(0); }

 private:
  Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(Mlp);

}  // namespace multipole

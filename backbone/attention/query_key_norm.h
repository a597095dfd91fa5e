// Layer norm of each head's queries and keys before their product (Dehghani et al., "Scaling Vision Transformers to 22
// Billion Parameters", arXiv 2302.05442, section 2).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

class QueryKeyNorm {
 public:
  // Leaves queries and keys as they are.
  QueryKeyNorm() = default;

  // Registers q_norm and k_norm with `owner`.
  QueryKeyNorm(int64_t head_dim, torch::nn::Module& owner);

  static double count_parameters(int64_t head_dim);

  explicit operator bool() const { return !q_norm_.is_empty(); }

  // (..., head_dim) each
  void apply(torch::Tensor& q, torch::Tensor& k);

 private:
  torch::nn::LayerNorm q_norm_{nullptr}, k_norm_{nullptr};
};

}  // namespace multipole

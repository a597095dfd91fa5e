// What every backend of the 1D attention receives and gives back. The arguments are checked before they get here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Shapes: B sequences of n tokens, groups of m tokens, L far levels of n / (m * 2^(l-1)) groups, p summaries a group.
struct Attention1dArgs {
  at::Tensor q, k, v;             // (B, n, heads, head_dim)
  std::vector<at::Tensor> k_far;  // L times (B, groups, p, heads, head_dim), the finest level first
  std::vector<at::Tensor> v_far;  // as k_far
  int64_t group = 0;              // m
  bool causal = false;            // a query sees no later token
  double scale = 1;               // multiplies the query-key products
};

// Gradients of the tensors in Attention1dArgs.
struct Attention1dGrads {
  at::Tensor q, k, v;
  std::vector<at::Tensor> k_far;
  std::vector<at::Tensor> v_far;
};

}  // namespace multipole

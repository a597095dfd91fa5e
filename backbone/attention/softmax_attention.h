// Softmax attention over the last two axes by two batched products, where a mask or a bias is added to the scores.
#pragma once

#include <torch/types.h>

#include <cmath>
#include <limits>

namespace multipole {

inline constexpr double kMasked = -std::numeric_limits<double>::infinity();

// q (..., queries, d), k (..., keys, d) -> scores (..., queries, keys), scaled by d^-0.5.
inline torch::Tensor scaled_scores(const torch::Tensor& q, const torch::Tensor& k) {
  return torch::matmul(q * std::pow(static_cast<double>(q.size(-1)), -0.5), k.transpose(-1, -2));
}

// q (..., queries, d), k and v (..., keys, d), bias broadcast to (..., queries, keys) or undefined; kMasked entries are
// unseen, and every query must see a key.
inline torch::Tensor softmax_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       const torch::Tensor& bias) {
  auto scores = scaled_scores(q, k);
  if (bias.defined()) scores = scores + bias;
  return torch::matmul(torch::softmax(scores, -1), v);
}

}  // namespace multipole

// Causal softmax attention as a sum of convolutions, for score matrices that are nearly constant along diagonals.
// Source: Gu, Liang, Sha, Shi, Song, "Conv-Basis: A New Paradigm for Efficient Attention Inference and Gradient
// Computation in Transformers", arXiv 2405.05219.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

namespace multipole {

// The scores S = tril(q k^T / sqrt(head_dim)) are a sum of k convolution matrices conv(b_i, m_i), n = m_1 > m_2 > ...,
// conv(b, m) being zero but for its bottom-right m x m block, the lower-triangular Toeplitz matrix of first column
// b[:m] (definitions 3.5 and 3.9). exp acts on each convolution's column, and FFTs apply them: O(k n d log n).
//   q, k, v    (B, n, heads, head_dim), floating point
//   tolerance  a new convolution starts at a column that differs by more than this from the one before it.
//              0: every column is looked at, O(n^2 d), and the result is exact causal attention.
//              above 0: starts are found by binary search, O(n d log n) for each, which takes it, as the paper does,
//              that once a column differs the later ones do too. Where every column is then within e of what stands for
//              it, an output is within 2 (exp(2 e) - 1) max |v| of the exact one.
//   max_basis  most convolutions a head; the last one stands for all columns that are left. 0: no limit.
// Returns out (B, n, heads, head_dim), differentiable as a function of the convolutions found, and sizes (B, heads,
// most convolutions of a head) int64, m_1, m_2, ... filled up with 0. Computes in float64. Weights below about 1e-15 of
// the largest one of a long convolution are lost to the rounding of its transform.
std::tuple<at::Tensor, at::Tensor> conv_basis_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                        double tolerance = 0.0, int64_t max_basis = 0);

}  // namespace multipole

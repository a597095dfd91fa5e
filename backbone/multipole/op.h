// Fast Multipole Attention as torch operators: a query attends to near tokens one by one and to far tokens through
// learned summaries that grow coarser with distance, in one softmax.
// Source: Kang, Tran, De Sterck, "Fast Multipole Attention", arXiv 2310.11960 (v4 has the 2D variant).
//
// The functions here call the operators multipole::attention2d, summarize2d, attention1d and summarize1d, which Python
// reaches through torch.ops.multipole. They are differentiable once, follow autocast, work on meta tensors, and throw
// c10::Error naming the argument that does not fit. dtypes: float64, float32, bfloat16, float16, one for all tensors of
// a call. The environment variable MULTIPOLE_BACKEND (see dispatch.h) chooses the implementation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

namespace multipole {

// 2D attention over an H x W token grid (any size from 1 x 1) with cells of cell x cell tokens.
//   q, k, v    (B, H, W, heads, head_dim), any strides with contiguous head_dim
//   k_far      L = num_far_levels_2d(H, W, cell) tensors (B, Hl, Wl, p, heads, head_dim), the finest level first;
//   v_far      likewise; both from summarize2d
//   q_far      summaries of the queries, shaped like k_far (variant "linear", O(n)); none: every token queries every
//              level (variant "log-linear", O(n log n))
//   near_bias  (heads, 4 cell - 1, 4 cell - 1), added to near scores by token offset key - query
//   far_bias   L tensors (heads, 7, 7), added to far scores by cell offset key - query
//   scale      factor of the query-key products; head_dim^-0.5 where not given
// Returns out (B, H, W, heads, head_dim) and lse (B, heads, H, W), the log-sum-exp of each query's scores: float32 for
// bfloat16 and float16 inputs, else of the input's dtype. Both are differentiable.
std::tuple<at::Tensor, at::Tensor> attention2d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                               at::TensorList k_far, at::TensorList v_far, int64_t cell,
                                               std::optional<at::TensorList> q_far = std::nullopt,
                                               const std::optional<at::Tensor>& near_bias = std::nullopt,
                                               std::optional<at::TensorList> far_bias = std::nullopt,
                                               std::optional<double> scale = std::nullopt);

// The upward pass: learned summaries of every cell at L far levels, O(n) and depthwise.
//   x            (B, H, W, C)
//   token_basis  (p, cell, cell, C), p = s * s with s <= cell
//   merge_basis  L - 1 tensors (p, 2, 2, p, C) = (parent summary, child y, child x, child summary, channel); their
//                number sets L, so pass as many as the grid needs: attention2d wants L = num_far_levels_2d(H, W, cell)
//                and takes no summaries at all where that is 0
// Returns L tensors (B, Hl, Wl, p, C), the finest level first.
std::vector<at::Tensor> summarize2d(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                    int64_t cell);

// 1D attention over sequences of n = group * 2^(L+1) tokens (or n <= 2 group, then L = 0 and it is full attention).
//   q, k, v       (B, n, heads, head_dim)
//   k_far, v_far  L tensors (B, n / (group * 2^(l-1)), p, heads, head_dim), the finest level first
//   causal        a query sees its own group up to itself, the group before, and far groups to the left
// Returns out (B, n, heads, head_dim) and lse (B, heads, n), as attention2d does.
std::tuple<at::Tensor, at::Tensor> attention1d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                               at::TensorList k_far, at::TensorList v_far, int64_t group,
                                               bool causal = false, std::optional<double> scale = std::nullopt);

// Summaries of every group at every far level, each straight from the tokens as in the paper's 1D model.
//   x      (B, n, C), n divisible by group * 2^(number of bases - 1)
//   basis  basis[l-1]: (p, group * 2^(l-1), C), depthwise
// Returns one tensor (B, n / (group * 2^(l-1)), p, C) for each basis.
std::vector<at::Tensor> summarize1d(const at::Tensor& x, at::TensorList basis, int64_t group);

}  // namespace multipole

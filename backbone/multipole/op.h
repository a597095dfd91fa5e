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
//   k_extra    (B, E, heads, head_dim): keys that every query sees one by one, in the same softmax and without a bias;
//   v_extra    likewise; both or neither
//   token_mass (B, H, W) or (B, H, W, heads), how much of a token counts, in [0, 1]: a near score gets + log(mass).
//   Mass
//              0 (or less) takes a token out of everyone's keys, whatever its key and value are, NaN included; NaN as
//              a mass shows in every query that sees the token. Queries are all tokens, whatever their mass
//   far_mass   L tensors (B, Hl, Wl, p, heads): the logarithm of what each summary stands for, which is added to its
//              scores in place of the logarithm of the number of tokens in its sub-cell; -infinity takes a summary out.
//              Not given, with token_mass: the logarithm of the sum of its sub-cell's masses
// Masses are float32 for bfloat16 and float16 inputs, else of the input's dtype. No gradient reaches what mass 0 takes
// out, its mass included. A query that sees no key at all gets out = 0 and lse = -infinity.
// Laws: mass 1 everywhere is the result without masses; every token not taken out weighs its mass, once (partition);
// E = all tokens and mass 0 everywhere is full attention. With masses, summarise with the same masses (summarize2d).
// Returns out (B, H, W, heads, head_dim) and lse (B, heads, H, W), the log-sum-exp of each query's scores: float32 for
// bfloat16 and float16 inputs, else of the input's dtype. Both are differentiable.
std::tuple<at::Tensor, at::Tensor> attention2d(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
    int64_t cell, std::optional<at::TensorList> q_far = std::nullopt,
    const std::optional<at::Tensor>& near_bias = std::nullopt, std::optional<at::TensorList> far_bias = std::nullopt,
    std::optional<double> scale = std::nullopt, const std::optional<at::Tensor>& k_extra = std::nullopt,
    const std::optional<at::Tensor>& v_extra = std::nullopt, const std::optional<at::Tensor>& token_mass = std::nullopt,
    std::optional<at::TensorList> far_mass = std::nullopt);

// The upward pass: learned summaries of every cell at L far levels, O(n) and depthwise.
//   x            (B, H, W, C)
//   token_basis  (p, cell, cell, C), p = s * s with s <= cell
//   merge_basis  L - 1 tensors (p, 2, 2, p, C) = (parent summary, child y, child x, child summary, channel); their
//                number sets L, so pass as many as the grid needs: attention2d wants L = num_far_levels_2d(H, W, cell)
//                and takes no summaries at all where that is 0
//   token_mass   (B, H, W), or (B, H, W, heads) for C / heads channels each, as attention2d takes it: tokens enter
//                multiplied by their mass and a summary is divided by the share of mass in its sub-cell, so that with
//                an averaging basis it is the mean weighted by mass. Tokens of mass 0 leave no trace, NaN included; a
//                sub-cell without mass has summary 0
// Returns L tensors (B, Hl, Wl, p, C), the finest level first.
std::vector<at::Tensor> summarize2d(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                    int64_t cell, const std::optional<at::Tensor>& token_mass = std::nullopt);

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

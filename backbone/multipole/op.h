// Fast Multipole Attention as torch operators: a query attends to near tokens one by one and to far tokens through
// learned summaries that grow coarser with distance, in one softmax.
// Source: Kang, Tran, De Sterck, "Fast Multipole Attention", arXiv 2310.11960 (v4 has the 2D variant).
//
// The functions here call the operators multipole::attention2d, summarize2d, cluster2d, hot_tokens2d, attention1d and
// summarize1d, which Python reaches through torch.ops.multipole. They are differentiable once, follow autocast, work on
// meta tensors, and throw c10::Error naming the argument that does not fit. dtypes: float64, float32, bfloat16,
// float16, one for all tensors of a call. The environment variable MULTIPOLE_BACKEND (see dispatch.h) chooses the
// implementation.
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
//   v_far      likewise; both from summarize2d. With fewer, tokens that only the levels left out would show are not
//              seen: a bounded field, as of a smaller grid
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
// fewer levels are all levels with far_mass -infinity on those left out; E = all tokens and mass 0 everywhere is full attention. With masses, summarise with the same masses (summarize2d).
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

// Summaries by content: in each cell and head rank clusters of the keys, instead of a basis (Lloyd, "Least squares
// quantization in PCM", IEEE Transactions on Information Theory 28(2), 1982, weighted by mass).
//   k, v       (B, H, W, heads, head_dim)
//   rank       p = s * s with s <= cell
//   num_levels L, at least 1; attention2d wants num_far_levels_2d(H, W, cell)
//   token_mass (B, H, W) or (B, H, W, heads), as attention2d takes it. Tokens of mass 0 leave no trace, NaN included
//   num_steps  Lloyd steps a level; 0: the sub-cells themselves
// Level 1 starts from the sub-cells' means weighted by mass, a coarser level from groups of four of its children's 4 p
// clusters (child by child), which it takes as points with their masses. A point goes to the nearest mean, the lowest
// index where several are as near (but for rounding). After the last step a cluster without members takes the point
// that is farthest from its mean, with all points nearer to it than to their own means; so clusters stay empty only
// where a cell has fewer distinct keys than rank, and then each cluster's members are alike (but for rounding). A key
// or mass that is not finite has no distances: the tokens of its cell and head then are all of cluster 0 (with no
// steps, of their sub-cells), and so are the clusters of the cells above.
// Returns k_far and v_far, L tensors (B, Hl, Wl, p, heads, head_dim) each, the means by mass (an empty one's are 0),
// and far_mass, L tensors (B, Hl, Wl, p, heads), the logarithms of the clusters' masses (an empty one's is -infinity),
// float32 for bfloat16 and float16 inputs: what attention2d takes. The masses of a level sum to those of the tokens.
// Differentiable in k, v and the masses above 0, with the clusters' members fixed. The same bits for any number of
// threads.
std::tuple<std::vector<at::Tensor>, std::vector<at::Tensor>, std::vector<at::Tensor>> cluster2d(
    const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
    const std::optional<at::Tensor>& token_mass = std::nullopt, int64_t num_steps = 4);

// The tokens that get the most attention, by head: (B, heads, count) flat token indices (y * W + x), int64, ascending.
// The queries q (B, H, W, heads, head_dim) are averaged over at most 8 x 8 areas (adaptive average pooling, weighted by
// token_mass), each mean query's softmax(scale * query . key + log(mass)) runs over all tokens, and a token counts what
// it gets from them together; the lowest index where several get as much, as all do where a query, key or mass of
// the image and head is NaN. O(64 n), no gradient. token_mass as in attention2d; an error where fewer than count tokens
// of an image and head have mass above 0.
at::Tensor hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count,
                        const std::optional<at::Tensor>& token_mass = std::nullopt,
                        std::optional<double> scale = std::nullopt);

// Tokens that leave the grid and are seen one by one: what attention2d takes as its arguments of these names.
struct HotTokens {
  at::Tensor k_extra, v_extra;  // (B, E, heads, head_dim)
  at::Tensor token_mass;        // (B, H, W, heads), 0 for the hot ones, else as given (1 where it is not)
};
// indices (B, heads, E), as from hot_tokens2d. Differentiable in k, v and token_mass. A hot token counts with mass 1.
HotTokens take_hot_tokens(const at::Tensor& k, const at::Tensor& v, const at::Tensor& indices,
                          const std::optional<at::Tensor>& token_mass = std::nullopt);

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

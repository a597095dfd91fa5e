// The definition of Fast Multipole Attention, dense: full (queries x keys) score matrices with masks,
// O(n^2), right by inspection. It shares no code with the op, so that the op can be compared with it.
#pragma once

#include <torch/types.h>

#include <optional>
#include <vector>

namespace multipole::test {

struct OracleResult {
  torch::Tensor out;  // the shape of q
  torch::Tensor lse;  // (B, heads, H, W) or (B, heads, n)
};

// max(0, ceil(log2 cells) - 1)
int64_t oracle_num_far_levels(int64_t num_cells);

// Tokens of a cell side cut into s sub-cells: floor(j * side / s) for j = 0..s.
std::vector<int64_t> oracle_subcell_bounds(int64_t side, int64_t s);

// Real and full token counts of every sub-cell of a level, both (Hl, Wl, p), counted token by token.
struct OracleMass {
  torch::Tensor mass, full;
};
OracleMass oracle_subcell_mass(int64_t height, int64_t width, int64_t cell, int64_t rank, int64_t level);

// Shapes as in backbone/multipole/op.h; all tensors of one floating dtype, which is that of all
// intermediate results: float64 for exact results, bfloat16 for what plain tensor operations lose.
std::vector<torch::Tensor> oracle_summarize2d(const torch::Tensor& x, const torch::Tensor& token_basis,
                                              const std::vector<torch::Tensor>& merge_basis, int64_t cell,
                                              const torch::Tensor& token_mass = {});

struct OracleArgs2d {
  torch::Tensor q, k, v;
  std::vector<torch::Tensor> k_far, v_far, q_far;  // q_far empty: log-linear
  torch::Tensor near_bias;                         // undefined: none
  std::vector<torch::Tensor> far_bias;             // empty: none
  int64_t cell = 0;
  std::optional<double> scale;
  torch::Tensor k_extra = {}, v_extra = {};  // undefined: none
  torch::Tensor token_mass = {};             // undefined: 1
  std::vector<torch::Tensor> far_mass = {};  // empty: by token_mass
};
OracleResult oracle_attention2d(const OracleArgs2d& args);

// q, k, v: (B, n, heads, d).
OracleResult oracle_attention1d(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                const std::vector<torch::Tensor>& k_far, const std::vector<torch::Tensor>& v_far,
                                int64_t group, bool causal);

// Plain softmax attention over all tokens of (B, ..., heads, d) tensors.
torch::Tensor oracle_full_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v);

}  // namespace multipole::test

// The upward passes from weighted sums over cells, the one operation that a backend must bring.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "backbone/multipole/summarize_args.h"

namespace multipole {

struct CellSumGrads {
  at::Tensor x;        // in x's dtype
  at::Tensor weights;  // float32
};

// A backend's weighted sums over the entries of each cell of a grid, channel by channel:
//   out[b, cell, j, c] = sum over sites (y, x) of the cell and entries e of  weights[j, y, x, e, c] * x[b, y, x, e, c]
// Tokens to level 1: one entry a site. Level l to l + 1: 2 x 2 sites of p entries. A sequence: a grid of one row.
class CellSums {
 public:
  virtual ~CellSums() = default;
  // x (B, H, W, entries, C) with contiguous C, weights (p, cell height, cell width, entries, C) float32 contiguous ->
  // (B, ceil(H / cell height), ceil(W / cell width), p, C) float32.
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& weights) const = 0;
  // d_out float32 contiguous, as the result of forward. The same bits in every run.
  virtual CellSumGrads backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out) const = 0;
};

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args, const CellSums& sums);
Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                      const CellSums& sums);
std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args, const CellSums& sums);
Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries,
                                      const CellSums& sums);

}  // namespace multipole

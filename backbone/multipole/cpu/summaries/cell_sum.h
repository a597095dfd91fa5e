// Weighted sums over the cells of a grid (cell_sum_params.h) on tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include "backbone/multipole/upward/upward_pass.h"

namespace multipole::cpu {

// x (B, H, W, entries, C) float32 or bfloat16 with contiguous C, weights (p, cell height, cell width, entries, C)
// float32 contiguous -> (B, ceil(H / cell height), ceil(W / cell width), p, C) float32.
at::Tensor cell_sum(const at::Tensor& x, const at::Tensor& weights);

// Deterministic for any number of threads: partial sums of the weights' gradients are cut by shape alone.
CellSumGrads cell_sum_backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out);

}  // namespace multipole::cpu

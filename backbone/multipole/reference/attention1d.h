// The 1D attention in plain ATen, as the 2D attention of a grid with one row. Shapes: backbone/multipole/op.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>

#include "backbone/multipole/attention1d_args.h"

namespace multipole::reference {

// Returns (out, lse).
std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args);

// `out` and `lse` are what the forward returned; `d_lse` may be undefined (no gradient).
Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);

}  // namespace multipole::reference

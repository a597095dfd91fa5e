// The 2D attention in plain ATen: batched matrix products, any floating dtype and device, O(n log n) or O(n) memory.
// Semantics and shapes: backbone/multipole/op.h. Computes in float32 for bfloat16 and float16 inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <tuple>

#include "backbone/multipole/attention2d_args.h"

namespace multipole::reference {

// Returns (out, lse).
std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args);

// `out` and `lse` are what the forward returned; `d_lse` may be undefined (no gradient).
Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);

}  // namespace multipole::reference

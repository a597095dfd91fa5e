// Fused 2D attention on the CPU: float32 and bfloat16 (arithmetic in float32), forward and backward, both variants.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <tuple>

#include "backbone/multipole/attention2d_args.h"

namespace multipole::cpu {

// "" where the fused kernels can run these arguments, else the reason why not.
std::string why_not(const Attention2dArgs& args);

// out (B, H, W, heads, head_dim) in q's dtype, lse (B, heads, H, W) in float32.
std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args);

// d_lse may be undefined. The same bits for any number of threads.
Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);

}  // namespace multipole::cpu

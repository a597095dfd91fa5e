// Fused 1D attention on the CPU: float32 and bfloat16 (sums in float32), forward and backward, causal or not.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <tuple>

#include "backbone/multipole/attention1d_args.h"

namespace multipole::cpu {

// "" where the fused kernels can run these arguments, else the reason why not.
std::string why_not(const Attention1dArgs& args);

// out (B, n, heads, head_dim) in q's dtype, lse (B, heads, n) in float32.
std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args);

// d_lse may be undefined. The same bits for any number of threads.
Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);

}  // namespace multipole::cpu

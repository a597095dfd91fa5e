// Fused upward passes on the CPU: float32 and bfloat16 (arithmetic in float32), forward and backward.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "backbone/multipole/summarize_args.h"

namespace multipole::cpu {

// "" where the fused kernels can run these arguments, else the reason why not.
std::string why_not(const Summarize2dArgs& args);
std::string why_not(const Summarize1dArgs& args);

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args);
Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries);

std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args);
Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries);

}  // namespace multipole::cpu

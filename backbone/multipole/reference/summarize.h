// The upward passes in plain ATen: depthwise sums, any floating dtype and device. Shapes: backbone/multipole/op.h.
// Computes in float32 for bfloat16 and float16 inputs.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "backbone/multipole/summarize_args.h"

namespace multipole::reference {

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args);

// `d_summaries`: gradients of what the forward returned.
Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries);

std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args);

Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries);

}  // namespace multipole::reference

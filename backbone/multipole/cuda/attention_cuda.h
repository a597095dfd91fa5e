// The operators on NVIDIA GPUs, on the current stream of the tensors' device: float32, float16, bfloat16 with sums in
// float32, both variants, forward and backward, the same bits in every run.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <tuple>
#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/summarize_args.h"

namespace multipole::cuda {

// "" where the kernels can run these arguments, else the reason why not; a build without CUDA has that reason for all.
std::string why_not(const Attention2dArgs& args);
std::string why_not(const Attention1dArgs& args);
std::string why_not(const Summarize2dArgs& args);
std::string why_not(const Summarize1dArgs& args);

std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args);
Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);
std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args);
Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse);
std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args);
Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries);
std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args);
Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries);

}  // namespace multipole::cuda

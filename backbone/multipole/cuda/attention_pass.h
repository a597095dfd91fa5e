// From the arguments of the attention to the problems that the kernels solve, and from their results to tensors. Works
// on tensors of any device: who runs the kernels is the runner's business, a GPU's stream or the warp simulator of the
// tests.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <tuple>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cuda/backward_data.h"
#include "backbone/multipole/cuda/forward.h"

namespace multipole::cuda {

class KernelRunner {
 public:
  virtual ~KernelRunner() = default;
  // Queries that one warp gathers for a tile of far keys at most. A coarse key has so many that shares of them go to
  // different warps; they are cut by the shape alone, so that the sums are the same in every run.
  virtual int64_t queries_of_share() const { return 4096; }
  // `type` is that of the problem's tensors: float32, float16 or bfloat16.
  virtual void forward(at::ScalarType type, const Problem& p, const ForwardOutput& output) const = 0;
  virtual void backward(at::ScalarType type, const Problem& p, const BackwardData& data) const = 0;
};

// "" where the kernels can solve these arguments, the device aside, else the reason why not.
std::string why_not_supported(const Attention2dArgs& args);
std::string why_not_supported(const Attention1dArgs& args);

// out as q, lse float32 (B, heads, H, W) or (B, heads, n).
std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args, const KernelRunner& runner);
std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args, const KernelRunner& runner);

// d_lse may be undefined. The same bits in every run.
Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse, const KernelRunner& runner);
Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse, const KernelRunner& runner);

}  // namespace multipole::cuda

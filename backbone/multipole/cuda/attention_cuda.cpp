#include "backbone/multipole/cuda/attention_cuda.h"

#include "backbone/multipole/cuda/attention_pass.h"
#include "backbone/multipole/cuda/device_runner.h"
#include "backbone/multipole/upward/upward_pass.h"

namespace multipole::cuda {
namespace {

std::string why_not_here(const at::Tensor& x) {
  if (!x.device().is_cuda()) return "the tensors are not on a GPU";
  return built_with_cuda() ? "" : "this build has no CUDA kernels";
}

std::string why_not_summed(const at::Tensor& x) {
  if (x.scalar_type() != at::kFloat && x.scalar_type() != at::kHalf && x.scalar_type() != at::kBFloat16) {
    return "only float32, float16 and bfloat16 have kernels";
  }
  return why_not_here(x);
}

}  // namespace

std::string why_not(const Attention2dArgs& args) {
  const std::string reason = why_not_here(args.q);
  return reason.empty() ? why_not_supported(args) : reason;
}
std::string why_not(const Attention1dArgs& args) {
  const std::string reason = why_not_here(args.q);
  return reason.empty() ? why_not_supported(args) : reason;
}
std::string why_not(const Summarize2dArgs& args) { return why_not_summed(args.x); }
std::string why_not(const Summarize1dArgs& args) { return why_not_summed(args.x); }

std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args) {
  return attention2d_forward(args, *make_device_runner(args.q.device()));
}
Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  return attention2d_backward(args, out, lse, d_out, d_lse, *make_device_runner(args.q.device()));
}
std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args) {
  return attention1d_forward(args, *make_device_runner(args.q.device()));
}
Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  return attention1d_backward(args, out, lse, d_out, d_lse, *make_device_runner(args.q.device()));
}
std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args) {
  return multipole::summarize2d_forward(args, *make_device_cell_sums(args.x.device()));
}
Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  return multipole::summarize2d_backward(args, d_summaries, *make_device_cell_sums(args.x.device()));
}
std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args) {
  return multipole::summarize1d_forward(args, *make_device_cell_sums(args.x.device()));
}
Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  return multipole::summarize1d_backward(args, d_summaries, *make_device_cell_sums(args.x.device()));
}

}  // namespace multipole::cuda

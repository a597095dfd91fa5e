#include "backbone/multipole/cpu/summaries/summarize_cpu.h"

#include "backbone/multipole/cpu/summaries/cell_sum.h"
#include "backbone/multipole/upward/upward_pass.h"

namespace multipole::cpu {
namespace {

class CpuCellSums : public CellSums {
 public:
  at::Tensor forward(const at::Tensor& x, const at::Tensor& weights) const override { return cell_sum(x, weights); }
  CellSumGrads backward(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& d_out) const override {
    return cell_sum_backward(x, weights, d_out);
  }
};

std::string why_not(const at::Tensor& x) {
  if (!x.device().is_cpu()) return "the tensors are not on the CPU";
  if (x.scalar_type() != at::kFloat && x.scalar_type() != at::kBFloat16) return "only float32 and bfloat16 are fused";
  if (x.size(-1) % 8 != 0) return "the number of channels must be a multiple of 8";
  return "";
}

}  // namespace

std::string why_not(const Summarize2dArgs& args) { return why_not(args.x); }

std::string why_not(const Summarize1dArgs& args) { return why_not(args.x); }

std::vector<at::Tensor> summarize2d_forward(const Summarize2dArgs& args) {
  return multipole::summarize2d_forward(args, CpuCellSums());
}

Summarize2dGrads summarize2d_backward(const Summarize2dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  return multipole::summarize2d_backward(args, d_summaries, CpuCellSums());
}

std::vector<at::Tensor> summarize1d_forward(const Summarize1dArgs& args) {
  return multipole::summarize1d_forward(args, CpuCellSums());
}

Summarize1dGrads summarize1d_backward(const Summarize1dArgs& args, const std::vector<at::Tensor>& d_summaries) {
  return multipole::summarize1d_backward(args, d_summaries, CpuCellSums());
}

}  // namespace multipole::cpu

// The arguments of the 1D op as the kernels want them, together with everything that their pointers point to, and how
// the work is cut into tasks.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/cpu/attention1d_params.h"
#include "backbone/multipole/cpu/workspace.h"

namespace multipole::cpu {

// (B, n, heads, head_dim) and (B, groups, p, heads, head_dim) as grids of one row.
TokenView view_sequence(const at::Tensor& tensor);
SummaryView view_groups(const at::Tensor& tensor);

class Attention1dProblem {
 public:
  // width: floats in a vector of the kernels that will run. `params.out` and `params.lse` are left to the caller.
  Attention1dProblem(const Attention1dArgs& args, int64_t width);
  Attention1dProblem(const Attention1dProblem&) = delete;
  Attention1dProblem& operator=(const Attention1dProblem&) = delete;

  // One task for each head of each sequence.
  std::vector<Attention1dTask> tasks_by_head() const;
  // Heads cut into bands of groups, so that `threads` threads have enough to share.
  std::vector<Attention1dTask> tasks_by_band(int64_t threads) const;

  Attention1dLayout layout(const Attention1dTask& task) const;
  // Enough scratch memory for any of the tasks.
  WorkspaceSizes workspace_sizes(const std::vector<Attention1dTask>& tasks) const;

  Attention1dParams params{};

 private:
  int64_t width_;
  at::Tensor query_, key_, value_;
  std::vector<at::Tensor> k_far_, v_far_;
  std::vector<float> causal_table_;
};

}  // namespace multipole::cpu

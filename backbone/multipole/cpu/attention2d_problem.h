// The arguments of the op as the kernels want them, together with everything that their pointers point to.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cpu/attention2d_params.h"

namespace multipole::cpu {

TokenView view_tokens(const at::Tensor& tensor);
SummaryView view_summaries(const at::Tensor& tensor);
// (B, E, heads, head_dim) as a grid of one row
TokenView view_extra_keys(const at::Tensor& tensor);

class Attention2dProblem {
 public:
  // width: floats in a vector of the kernels that will run. `params.out` and `params.lse` are left to the caller.
  Attention2dProblem(const Attention2dArgs& args, int64_t width);
  Attention2dProblem(const Attention2dProblem&) = delete;
  Attention2dProblem& operator=(const Attention2dProblem&) = delete;

  Attention2dParams params{};

 private:
  struct LevelTables {
    std::vector<float> log2_rows, log2_columns, far_bias, far_scores, group_table;
  };

  void set_lanes(int64_t width);
  void set_level(size_t l, const Attention2dArgs& args, int64_t width);
  void set_extra_keys(const Attention2dArgs& args);

  at::Tensor query_, key_, value_;
  std::vector<at::Tensor> k_far_, v_far_, q_far_;
  at::Tensor k_extra_, v_extra_, log2_token_mass_;
  std::vector<at::Tensor> log2_far_mass_;
  std::vector<float> near_table_;
  std::vector<int32_t> query_summary_;
  std::vector<LevelTables> levels_;
};

}  // namespace multipole::cpu

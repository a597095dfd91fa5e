// A Problem together with the tensors that it points to.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/cuda/problem.h"

namespace multipole::cuda {

// Views of (B, H, W, heads, d), (B, Hl, Wl, p, heads, d), (B, n, heads, d) and (B, groups, p, heads, d).
RowsView view_tokens(const at::Tensor& tensor);
RowsView view_summaries(const at::Tensor& tensor);

// The tensor itself where each of its rows of head_dim elements is whole and begins on 16 bytes, else a copy.
at::Tensor with_aligned_rows(const at::Tensor& tensor);

class AttentionProblem {
 public:
  explicit AttentionProblem(const Attention2dArgs& args);
  explicit AttentionProblem(const Attention1dArgs& args);
  AttentionProblem(const AttentionProblem&) = delete;
  AttentionProblem& operator=(const AttentionProblem&) = delete;

  const Problem& get() const { return problem_; }

 private:
  const at::Tensor& keep(const at::Tensor& tensor);
  const float* keep_table(const at::Tensor& table);
  void set_tokens(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v);
  const float* keep_log_mass(const at::Tensor& log_mass);
  void set_extra_keys(const at::Tensor& k, const at::Tensor& v);
  Level make_level(const at::Tensor& k_far, const at::Tensor& v_far);

  Problem problem_{};
  std::vector<at::Tensor> kept_;
};

}  // namespace multipole::cuda

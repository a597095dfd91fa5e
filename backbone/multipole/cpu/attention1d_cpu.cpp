#include "backbone/multipole/cpu/attention1d_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "backbone/multipole/cpu/attention1d_problem.h"
#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/cpu/task_runner.h"
#include "backbone/multipole/cpu/tensor_rows.h"

namespace multipole::cpu {

std::string why_not(const Attention1dArgs& args) {
  const at::Tensor& q = args.q;
  if (!q.device().is_cpu()) return "the tensors are not on the CPU";
  if (q.scalar_type() != at::kFloat && q.scalar_type() != at::kBFloat16) return "only float32 and bfloat16 are fused";
  if (q.size(-1) % 8 != 0 || q.size(-1) > 128) return "head_dim must be a multiple of 8 up to 128";
  if (static_cast<int64_t>(args.k_far.size()) > kMaxLevels) return "too many levels";
  return "";
}

std::tuple<at::Tensor, at::Tensor> attention1d_forward(const Attention1dArgs& args) {
  const KernelTable& kernels = chosen_kernels();
  Attention1dProblem problem(args, kernels.width);
  Attention1dParams& p = problem.params;
  const at::Tensor out = at::empty(args.q.sizes(), args.q.options().memory_format(at::MemoryFormat::Contiguous));
  const at::Tensor lse = at::empty({p.batch, p.heads, p.tokens}, args.q.options().dtype(at::kFloat));
  p.out = view_sequence(out);
  p.lse = lse.data_ptr<float>();
  const std::vector<Attention1dTask> tasks = problem.tasks_by_band(at::get_num_threads());
  run_tasks(static_cast<int64_t>(tasks.size()), problem.workspace_sizes(tasks), [&](int64_t i, const Workspace& w) {
    const Attention1dTask& task = tasks[static_cast<size_t>(i)];
    kernels.attention1d_forward(p, task, problem.layout(task), w);
  });
  return {out, lse};
}

Attention1dGrads attention1d_backward(const Attention1dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  const KernelTable& kernels = chosen_kernels();
  Attention1dProblem problem(args, kernels.width);
  Attention1dParams& p = problem.params;
  const at::Tensor out_rows = with_contiguous_heads(out), lse_rows = lse.to(at::kFloat).contiguous();
  const at::Tensor d_out_rows = with_contiguous_heads(d_out.to(args.q.scalar_type()));
  const at::Tensor d_lse_rows = d_lse.defined() ? d_lse.to(at::kFloat).contiguous() : at::Tensor();
  p.out = view_sequence(out_rows);
  p.lse = lse_rows.data_ptr<float>();

  Attention1dGrads grads;
  const auto contiguous = args.q.options().memory_format(at::MemoryFormat::Contiguous);
  grads.q = at::empty(args.q.sizes(), contiguous);
  grads.k = at::empty(args.k.sizes(), contiguous);
  grads.v = at::empty(args.v.sizes(), contiguous);
  grads.k_far = zeros_like_each(args.k_far);
  grads.v_far = zeros_like_each(args.v_far);
  Attention1dGradParams g{};
  g.d_out = view_sequence(d_out_rows);
  g.d_lse = d_lse.defined() ? d_lse_rows.data_ptr<float>() : nullptr;
  g.d_query = view_sequence(grads.q);
  g.d_key = view_sequence(grads.k);
  g.d_value = view_sequence(grads.v);
  for (size_t l = 0; l < grads.k_far.size(); ++l) {
    g.d_level_key[l] = view_groups(grads.k_far[l]);
    g.d_level_value[l] = view_groups(grads.v_far[l]);
  }

  const std::vector<Attention1dTask> tasks = problem.tasks_by_head();
  WorkspaceSizes sizes = problem.workspace_sizes(tasks);
  sizes.backward = true;
  run_tasks(static_cast<int64_t>(tasks.size()), sizes, [&](int64_t i, const Workspace& w) {
    const Attention1dTask& task = tasks[static_cast<size_t>(i)];
    kernels.attention1d_backward(p, g, task, problem.layout(task), w);
  });
  return grads;
}

}  // namespace multipole::cpu

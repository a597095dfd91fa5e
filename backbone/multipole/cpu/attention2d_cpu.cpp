#include "backbone/multipole/cpu/attention2d_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "backbone/multipole/cpu/attention2d_layout.h"
#include "backbone/multipole/cpu/attention2d_problem.h"
#include "backbone/multipole/cpu/bias_gradients.h"
#include "backbone/multipole/cpu/instruction_set.h"
#include "backbone/multipole/cpu/mass_gradients.h"
#include "backbone/multipole/cpu/task_runner.h"
#include "backbone/multipole/cpu/tensor_rows.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// Runs run(task, workspace) for every task, each of which knows the one after it.
template <class Run>
void run_each(const std::vector<Attention2dTask>& tasks, const WorkspaceSizes& sizes, const Run& run) {
  run_tasks(static_cast<int64_t>(tasks.size()), sizes, [&](int64_t i, const Workspace& workspace) {
    const auto index = static_cast<size_t>(i);
    Attention2dTask task = tasks[index];
    if (index + 1 < tasks.size()) task.next = &tasks[index + 1];
    run(task, workspace);
  });
}

int64_t largest_arena(const Attention2dParams& p, const std::vector<Attention2dTask>& tasks, ArenaContents contents) {
  int64_t rows = 0;
  for (const Attention2dTask& task : tasks) rows = std::max(rows, arena_layout(p, task, contents).key_rows);
  return rows;
}

// Linear variant: (out, lse) of the summaries of every head of every image.
struct LevelResults {
  std::vector<float> out, lse;
  int64_t summaries, padded_dim;

  void point(Workspace& w, int64_t head) {
    w.level_out = out.data() + head * summaries * padded_dim;
    w.level_lse = lse.data() + head * summaries;
  }
};

LevelResults run_levels(const Attention2dParams& p, const KernelTable& kernels) {
  const auto tasks = tasks_by_head(p);
  const ArenaContents contents{false, true};
  const WorkspaceSizes sizes = workspace_sizes(p, kernels.width, largest_arena(p, tasks, contents));
  LevelResults results{{}, {}, summaries_of_all_levels(p), sizes.padded_dim};
  results.out.resize(tasks.size() * static_cast<size_t>(results.summaries * sizes.padded_dim));
  results.lse.resize(tasks.size() * static_cast<size_t>(results.summaries));
  run_each(tasks, sizes, [&](const Attention2dTask& task, const Workspace& scratch) {
    Workspace w = scratch;
    results.point(w, task.b * p.heads + task.h);
    kernels.attention2d_levels(p, task, arena_layout(p, task, contents), w);
  });
  return results;
}

}  // namespace

std::string why_not(const Attention2dArgs& args) {
  const at::Tensor& q = args.q;
  if (!q.device().is_cpu()) return "the tensors are not on the CPU";
  if (q.scalar_type() != at::kFloat && q.scalar_type() != at::kBFloat16) return "only float32 and bfloat16 are fused";
  if (q.size(-1) % 8 != 0 || q.size(-1) > 128) return "head_dim must be a multiple of 8 up to 128";
  if (args.cell < 2 || args.cell > 16) return "cell must lie in 2 .. 16";
  if (static_cast<int64_t>(args.k_far.size()) > kMaxLevels) return "too many levels";
  for (const auto* list : {&args.k_far, &args.v_far, &args.q_far}) {
    for (const at::Tensor& t : *list) {
      if (t.scalar_type() != q.scalar_type()) return "summaries and tokens differ in dtype";
    }
  }
  if (args.k.scalar_type() != q.scalar_type() || args.v.scalar_type() != q.scalar_type())
    return "q, k, v differ in dtype";
  if (!args.k_far.empty() && subcells_per_side(args.k_far[0].size(3)) > args.cell) return "more sub-cells than tokens";
  return "";
}

std::tuple<at::Tensor, at::Tensor> attention2d_forward(const Attention2dArgs& args) {
  const KernelTable& kernels = chosen_kernels();
  Attention2dProblem problem(args, kernels.width);
  Attention2dParams& p = problem.params;
  const at::Tensor out = at::empty(args.q.sizes(), args.q.options().memory_format(at::MemoryFormat::Contiguous));
  const at::Tensor lse = at::empty({p.batch, p.heads, p.height, p.width}, args.q.options().dtype(at::kFloat));
  p.out = view_tokens(out);
  p.lse = lse.data_ptr<float>();

  LevelResults levels;
  if (p.linear) levels = run_levels(p, kernels);
  const auto tasks = tasks_by_rectangle(p, at::get_num_threads());
  const ArenaContents contents{true, !p.linear};
  const WorkspaceSizes sizes = workspace_sizes(p, kernels.width, largest_arena(p, tasks, contents));
  run_each(tasks, sizes, [&](const Attention2dTask& task, const Workspace& scratch) {
    Workspace w = scratch;
    if (p.linear) levels.point(w, task.b * p.heads + task.h);
    kernels.attention2d_forward(p, task, arena_layout(p, task, contents), w);
  });
  return {out, lse};
}

Attention2dGrads attention2d_backward(const Attention2dArgs& args, const at::Tensor& out, const at::Tensor& lse,
                                      const at::Tensor& d_out, const at::Tensor& d_lse) {
  const KernelTable& kernels = chosen_kernels();
  Attention2dProblem problem(args, kernels.width);
  Attention2dParams& p = problem.params;
  const at::Tensor out_rows = with_contiguous_heads(out), lse_rows = lse.to(at::kFloat).contiguous();
  const at::Tensor d_out_rows = with_contiguous_heads(d_out.to(args.q.scalar_type()));
  const at::Tensor d_lse_rows = d_lse.defined() ? d_lse.to(at::kFloat).contiguous() : at::Tensor();
  p.out = view_tokens(out_rows);
  p.lse = lse_rows.data_ptr<float>();

  Attention2dGrads grads;
  const auto contiguous = args.q.options().memory_format(at::MemoryFormat::Contiguous);
  grads.q = at::empty(args.q.sizes(), contiguous);
  grads.k = at::empty(args.k.sizes(), contiguous);
  grads.v = at::empty(args.v.sizes(), contiguous);
  grads.k_far = zeros_like_each(args.k_far);
  grads.v_far = zeros_like_each(args.v_far);
  grads.q_far = zeros_like_each(args.q_far);
  Attention2dGradParams g{};
  g.d_out = view_tokens(d_out_rows);
  g.d_lse = d_lse.defined() ? d_lse_rows.data_ptr<float>() : nullptr;
  g.d_query = view_tokens(grads.q);
  g.d_key = view_tokens(grads.k);
  g.d_value = view_tokens(grads.v);
  if (args.k_extra.defined()) {
    grads.k_extra = at::empty(args.k_extra.sizes(), contiguous);
    grads.v_extra = at::empty(args.v_extra.sizes(), contiguous);
    g.d_extra_key = view_extra_keys(grads.k_extra);
    g.d_extra_value = view_extra_keys(grads.v_extra);
  }
  MassGradients masses(p, args, g);
  for (size_t l = 0; l < grads.k_far.size(); ++l) {
    g.d_level_key[l] = view_summaries(grads.k_far[l]);
    g.d_level_value[l] = view_summaries(grads.v_far[l]);
    if (p.linear) g.d_level_query[l] = view_summaries(grads.q_far[l]);
  }

  const auto tasks = tasks_by_head(p);
  const ArenaContents contents{true, true};
  WorkspaceSizes sizes = workspace_sizes(p, kernels.width, largest_arena(p, tasks, contents));
  sizes.backward = true;
  sizes.masses = args.token_mass.defined() || !args.far_mass.empty();
  if (p.linear) sizes.level_summaries = summaries_of_all_levels(p);
  BiasGradients bias(p, args.near_bias.defined(), !args.far_bias.empty(), sizes);
  run_each(tasks, sizes, [&](const Attention2dTask& task, const Workspace& w) {
    bias.begin_task(w);
    kernels.attention2d_backward(p, g, task, arena_layout(p, task, contents), w);
    bias.end_task(task, w);
  });
  if (args.near_bias.defined()) grads.near_bias = bias.near(args.near_bias);
  for (size_t l = 0; l < args.far_bias.size(); ++l) {
    grads.far_bias.push_back(bias.far(static_cast<int64_t>(l), args.far_bias[l]));
  }
  if (args.token_mass.defined()) grads.token_mass = masses.token(args.token_mass);
  grads.far_mass = masses.far();
  return grads;
}

}  // namespace multipole::cpu

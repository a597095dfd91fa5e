#include "backbone/multipole/cuda/attention_problem.h"

#include <c10/util/Exception.h>

#include <cstdint>
#include <limits>

#include "backbone/multipole/quadtree.h"

namespace multipole::cuda {
namespace {

constexpr int64_t kRowAlignment = 16;  // bytes

// The grid dimension that sequences lack has stride 0 and size 1.
RowsView view(const at::Tensor& t, bool has_rows, bool has_summaries) {
  const int64_t x = has_rows ? 2 : 1, head = x + (has_summaries ? 2 : 1);
  return {t.data_ptr(),  t.stride(0), has_rows ? t.stride(1) : 0, t.stride(x), has_summaries ? t.stride(x + 1) : 0,
          t.stride(head)};
}

int to_int(int64_t value) {
  TORCH_CHECK(value <= INT32_MAX, "multipole: a grid of ", value, " tokens on one axis is too long for the kernels");
  return static_cast<int>(value);
}

// Zeros in place of what a log-mass of -infinity takes out, (..., heads) of (..., heads, head_dim): it may be NaN, and
// the kernels multiply it with weights of 0.
at::Tensor without_masked(const at::Tensor& rows, const at::Tensor& log_mass) {
  return rows.masked_fill(log_mass.eq(-std::numeric_limits<double>::infinity()).unsqueeze(-1), 0);
}

}  // namespace

RowsView view_tokens(const at::Tensor& t) { return view(t, t.dim() == 5, false); }
RowsView view_summaries(const at::Tensor& t) { return view(t, t.dim() == 6, true); }

at::Tensor with_aligned_rows(const at::Tensor& tensor) {
  bool aligned = tensor.stride(-1) == 1 && reinterpret_cast<uintptr_t>(tensor.data_ptr()) % kRowAlignment == 0;
  for (int64_t i = 0; i + 1 < tensor.dim(); ++i) {
    aligned = aligned && (tensor.size(i) == 1 || tensor.stride(i) * tensor.element_size() % kRowAlignment == 0);
  }
  return aligned ? tensor : tensor.clone(at::MemoryFormat::Contiguous);
}

const at::Tensor& AttentionProblem::keep(const at::Tensor& tensor) {
  kept_.push_back(with_aligned_rows(tensor));
  return kept_.back();
}

const float* AttentionProblem::keep_table(const at::Tensor& table) {
  kept_.push_back(table.to(at::kFloat).contiguous());
  return kept_.back().const_data_ptr<float>();
}

void AttentionProblem::set_tokens(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
  const bool grid = q.dim() == 5;
  problem_.batch = q.size(0);
  problem_.height = grid ? to_int(q.size(1)) : 1;
  problem_.width = to_int(q.size(grid ? 2 : 1));
  problem_.heads = q.size(-2);
  problem_.head_dim = static_cast<int>(q.size(-1));
  problem_.query = view_tokens(keep(q));
  problem_.key = view_tokens(keep(k));
  problem_.value = view_tokens(keep(v));
}

// (B, H, W, heads) or (B, Hl, Wl, p, heads), natural -> log2 and heads after the batch, as the kernels index them
const float* AttentionProblem::keep_log_mass(const at::Tensor& log_mass) {
  return keep_table(log_mass.movedim(-1, 1).mul(kLog2E));
}

void AttentionProblem::set_extra_keys(const at::Tensor& k, const at::Tensor& v) {
  problem_.num_extra = to_int(k.size(1));
  problem_.extra_key = view_tokens(keep(k));
  problem_.extra_value = view_tokens(keep(v));
}

Level AttentionProblem::make_level(const at::Tensor& k_far, const at::Tensor& v_far) {
  const bool grid = k_far.dim() == 6;
  Level level{};
  level.rows = grid ? to_int(k_far.size(1)) : 1;
  level.columns = to_int(k_far.size(grid ? 2 : 1));
  level.key = view_summaries(keep(k_far));
  level.value = view_summaries(keep(v_far));
  level.table.half_y = level.table.half_x = kFarBiasSide / 2;
  level.table.far = true;
  return level;
}

AttentionProblem::AttentionProblem(const Attention2dArgs& args) {
  if (args.token_mass.defined()) {
    const at::Tensor log_mass = args.token_mass.clamp_min(0).log();
    set_tokens(args.q, without_masked(args.k, log_mass), without_masked(args.v, log_mass));
    problem_.token_mass = keep_log_mass(log_mass);
  } else {
    set_tokens(args.q, args.k, args.v);
  }
  if (args.k_extra.defined()) set_extra_keys(args.k_extra, args.v_extra);
  const int cell = static_cast<int>(args.cell);
  problem_.cell_height = problem_.cell_width = cell;
  problem_.num_levels = static_cast<int>(args.k_far.size());
  const int64_t rank = args.k_far.empty() ? 1 : args.k_far[0].size(3);
  problem_.subcells_y = problem_.subcells_x = static_cast<int>(subcells_per_side(rank));
  problem_.linear = !args.q_far.empty();
  problem_.scale = static_cast<float>(args.scale) * kLog2E;
  problem_.near_table.half_y = problem_.near_table.half_x = 2 * cell - 1;
  if (args.near_bias.defined()) problem_.near_table.entries = keep_table(args.near_bias);
  for (size_t l = 0; l < args.k_far.size(); ++l) {
    Level& level = problem_.level[l];
    if (args.far_mass.empty()) {
      level = make_level(args.k_far[l], args.v_far[l]);
    } else {
      const at::Tensor& mass = args.far_mass[l];
      level = make_level(without_masked(args.k_far[l], mass), without_masked(args.v_far[l], mass));
      level.mass = keep_log_mass(mass);
    }
    if (problem_.linear) level.query = view_summaries(keep(args.q_far[l]));
    if (!args.far_bias.empty()) level.table.entries = keep_table(args.far_bias[l]);
  }
}

AttentionProblem::AttentionProblem(const Attention1dArgs& args) {
  set_tokens(args.q, args.k, args.v);
  problem_.cell_height = 1;
  problem_.cell_width = static_cast<int>(args.group);
  problem_.num_levels = static_cast<int>(args.k_far.size());
  problem_.subcells_y = 1;
  problem_.subcells_x = args.k_far.empty() ? 1 : static_cast<int>(args.k_far[0].size(2));
  problem_.equal_masses = true;
  problem_.scale = static_cast<float>(args.scale) * kLog2E;
  problem_.near_table.half_x = 2 * problem_.cell_width - 1;
  problem_.near_table.causal = args.causal;
  for (size_t l = 0; l < args.k_far.size(); ++l) {
    problem_.level[l] = make_level(args.k_far[l], args.v_far[l]);
    problem_.level[l].table.causal = args.causal;
  }
}

}  // namespace multipole::cuda

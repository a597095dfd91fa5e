#include "backbone/multipole/cpu/attention2d_problem.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "backbone/multipole/cpu/attention2d_tables.h"
#include "backbone/multipole/cpu/tensor_rows.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
TokenView view_tokens(const at::Tensor& t) {
  return {t.data_ptr(), t.stride(0), t.stride(1), t.stride(2), t.stride(3)};
}

SummaryView view_summaries(const at::Tensor& t) {
  return {t.data_ptr(), t.stride(0), t.stride(1), t.stride(2), t.stride(3), t.stride(4)};
}

TokenView view_extra_keys(const at::Tensor& t) { return {t.data_ptr(), t.stride(0), 0, t.stride(1), t.stride(2)}; }

namespace {

// Natural logarithms of masses (B, ..., heads) as the kernels read them: (B, heads, ...), of base 2, without
// infinities.
at::Tensor log2_masses(const at::Tensor& log_mass) {
  const at::Tensor by_head = log_mass.movedim(-1, 1).to(at::kFloat);
  const at::Tensor masked = by_head.eq(-std::numeric_limits<float>::infinity());
  return (by_head * kLog2E).masked_fill_(masked, kMaskedScore).contiguous();
}

std::vector<float> log2_masses(int64_t cells, int64_t level, int64_t tokens, int64_t cell, int64_t s) {
  std::vector<float> out;
  for (int64_t g = 0; g < cells * s; ++g) {
    const int64_t mass = subcell_mass(g, level, cell, s, tokens);
    out.push_back(mass == 0 ? kMaskedScore : std::log2(static_cast<float>(mass)));
  }
  return out;
}

bool is_constant(const std::vector<float>& values) {
  return std::ranges::all_of(values, [&](float value) { return value == values.front(); });
}

}  // namespace

Attention2dProblem::Attention2dProblem(const Attention2dArgs& args, int64_t width) {
  query_ = with_contiguous_heads(args.q);
  key_ = with_contiguous_heads(args.k);
  value_ = with_contiguous_heads(args.v);
  k_far_ = with_contiguous_heads(args.k_far);
  v_far_ = with_contiguous_heads(args.v_far);
  q_far_ = with_contiguous_heads(args.q_far);
  params.batch = query_.size(0);
  params.height = query_.size(1);
  params.width = query_.size(2);
  params.heads = query_.size(3);
  params.head_dim = query_.size(4);
  params.cell = args.cell;
  params.cell_rows = ceil_div(params.height, params.cell);
  params.cell_columns = ceil_div(params.width, params.cell);
  params.levels = static_cast<int64_t>(k_far_.size());
  params.rank = params.levels == 0 ? 1 : k_far_[0].size(3);
  params.subcells = subcells_per_side(params.rank);
  params.linear = !q_far_.empty();
  params.scale = static_cast<float>(args.scale);
  params.storage = query_.scalar_type() == at::kBFloat16 ? Storage::bfloat16 : Storage::float32;
  params.query = view_tokens(query_);
  params.key = view_tokens(key_);
  params.value = view_tokens(value_);
  set_lanes(width);
  if (args.near_bias.defined()) {
    const at::Tensor bias = args.near_bias.to(at::kFloat).contiguous();
    near_table_ = expand_near_bias(bias.const_data_ptr<float>(), params.heads, args.cell, width, kLog2E);
    params.near_table = near_table_.data();
  }
  params.near_table_stride = table_lanes(args.cell * args.cell, width);
  params.group_table_stride = table_lanes(4 * params.rank, width);
  levels_.resize(k_far_.size());
  for (const at::Tensor& log_mass : args.far_mass) log2_far_mass_.push_back(log2_masses(log_mass));
  for (size_t l = 0; l < k_far_.size(); ++l) set_level(l, args, width);
  if (args.token_mass.defined()) {
    log2_token_mass_ = log2_masses(args.token_mass.clamp_min(0).log());
    params.log2_token_mass = log2_token_mass_.const_data_ptr<float>();
  }
  if (args.k_extra.defined()) set_extra_keys(args);
}

void Attention2dProblem::set_extra_keys(const Attention2dArgs& args) {
  k_extra_ = with_contiguous_heads(args.k_extra);
  v_extra_ = with_contiguous_heads(args.v_extra);
  params.extra_keys = k_extra_.size(1);
  params.extra_key = view_extra_keys(k_extra_);
  params.extra_value = view_extra_keys(v_extra_);
}

void Attention2dProblem::set_lanes(int64_t width) {
  const int64_t s = params.subcells;
  for (int64_t y = 0; y < params.cell; ++y) {
    for (int64_t x = 0; x < params.cell; ++x) {
      query_summary_.push_back(
          static_cast<int32_t>(subcell_of_token(y, 1, params.cell, s) * s + subcell_of_token(x, 1, params.cell, s)));
    }
  }
  query_summary_.resize(static_cast<size_t>(table_lanes(params.cell * params.cell, width)));
  params.query_summary = query_summary_.data();
}

void Attention2dProblem::set_level(size_t l, const Attention2dArgs& args, int64_t width) {
  LevelParams& level = params.level[l];
  LevelTables& tables = levels_[l];
  const int64_t number = static_cast<int64_t>(l) + 1;
  level.rows = k_far_[l].size(1);
  level.columns = k_far_[l].size(2);
  tables.log2_rows = log2_masses(level.rows, number, params.height, args.cell, params.subcells);
  tables.log2_columns = log2_masses(level.columns, number, params.width, args.cell, params.subcells);
  level.log2_rows = tables.log2_rows.data();
  level.log2_columns = tables.log2_columns.data();
  level.key = view_summaries(k_far_[l]);
  level.value = view_summaries(v_far_[l]);
  if (!args.far_bias.empty()) {
    const at::Tensor bias = args.far_bias[l].to(at::kFloat).contiguous();
    const float* entries = bias.const_data_ptr<float>();
    for (int64_t i = 0; i < bias.numel(); ++i) tables.far_bias.push_back(entries[i] * kLog2E);
    level.far_bias = tables.far_bias.data();
  }
  if (!log2_far_mass_.empty()) level.log2_mass = log2_far_mass_[l].const_data_ptr<float>();
  if (!params.linear && level.log2_mass == nullptr && is_constant(tables.log2_rows) &&
      is_constant(tables.log2_columns)) {
    const float log2_mass = tables.log2_rows[0] + tables.log2_columns[0];
    tables.far_scores = sum_far_scores(level.far_bias, params.heads, params.rank, log2_mass);
    level.far_scores = tables.far_scores.data();
  }
  if (params.linear) {
    level.query = view_summaries(q_far_[l]);
    tables.group_table = expand_far_bias(level.far_bias, params.heads, params.rank, width, 1.0f);
    level.group_table = tables.group_table.data();
  }
}

}  // namespace multipole::cpu

#include "backbone/multipole/cpu/attention1d_problem.h"

#include <algorithm>
#include <cmath>

#include "backbone/multipole/cpu/tensor_rows.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// Below this a band's halo (one group on either side) would cost more than the balance it buys.
constexpr int64_t kFewestGroups = 8;

// Row j holds what the query in lane i adds to the score of the key j places after the tile's first query.
std::vector<float> make_causal_table(int64_t width) {
  std::vector<float> table(static_cast<size_t>(width * width), 0.0f);
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t lane = 0; lane < j; ++lane) table[static_cast<size_t>(j * width + lane)] = kMaskedScore;
  }
  return table;
}

}  // namespace

TokenView view_sequence(const at::Tensor& t) { return {t.data_ptr(), t.stride(0), 0, t.stride(1), t.stride(2)}; }

SummaryView view_groups(const at::Tensor& t) {
  return {t.data_ptr(), t.stride(0), 0, t.stride(1), t.stride(2), t.stride(3)};
}

Attention1dProblem::Attention1dProblem(const Attention1dArgs& args, int64_t width)
    : width_(width),
      query_(with_contiguous_heads(args.q)),
      key_(with_contiguous_heads(args.k)),
      value_(with_contiguous_heads(args.v)),
      k_far_(with_contiguous_heads(args.k_far)),
      v_far_(with_contiguous_heads(args.v_far)) {
  params.batch = query_.size(0);
  params.tokens = query_.size(1);
  params.heads = query_.size(2);
  params.head_dim = query_.size(3);
  params.group = args.group;
  params.groups = ceil_div(params.tokens, params.group);
  params.levels = static_cast<int64_t>(k_far_.size());
  params.causal = args.causal;
  params.scale = static_cast<float>(args.scale);
  params.storage = query_.scalar_type() == at::kBFloat16 ? Storage::bfloat16 : Storage::float32;
  params.query = view_sequence(query_);
  params.key = view_sequence(key_);
  params.value = view_sequence(value_);
  if (params.causal) {
    causal_table_ = make_causal_table(width);
    params.causal_table = causal_table_.data();
  }
  for (size_t l = 0; l < k_far_.size(); ++l) {
    Level1dParams& level = params.level[l];
    level.groups = k_far_[l].size(1);
    level.rank = k_far_[l].size(2);
    const int64_t tokens = level_side(static_cast<int64_t>(l) + 1, params.group);
    level.log2_mass = std::log2(static_cast<float>(tokens) / static_cast<float>(level.rank));
    level.key = view_groups(k_far_[l]);
    level.value = view_groups(v_far_[l]);
  }
}

std::vector<Attention1dTask> Attention1dProblem::tasks_by_head() const {
  std::vector<Attention1dTask> tasks;
  for (int64_t b = 0; b < params.batch; ++b) {
    for (int64_t h = 0; h < params.heads; ++h) tasks.push_back({b, h, 0, params.groups});
  }
  return tasks;
}

std::vector<Attention1dTask> Attention1dProblem::tasks_by_band(int64_t threads) const {
  const int64_t bands = ceil_div(4 * threads, std::max<int64_t>(1, params.batch * params.heads));
  const int64_t band = std::max(kFewestGroups, ceil_div(params.groups, bands));
  std::vector<Attention1dTask> tasks;
  for (const Attention1dTask& whole : tasks_by_head()) {
    for (int64_t group = 0; group < params.groups; group += band) {
      tasks.push_back({whole.b, whole.h, group, std::min(params.groups, group + band)});
    }
  }
  return tasks;
}

Attention1dLayout Attention1dProblem::layout(const Attention1dTask& task) const {
  Attention1dLayout layout{};
  layout.token_begin = std::max<int64_t>(0, task.group_begin - 1) * params.group;
  layout.token_end = std::min(params.tokens, (task.group_end + 1) * params.group);
  layout.key_rows = layout.token_end - layout.token_begin;
  for (int64_t l = 0; l < params.levels; ++l) {
    const Level1dParams& level = params.level[l];
    layout.level_begin[l] = parent_near_cells(task.group_begin >> l, level.groups).begin;
    layout.level_end[l] = parent_near_cells((task.group_end - 1) >> l, level.groups).end;
    layout.level_offset[l] = layout.key_rows;
    layout.key_rows += (layout.level_end[l] - layout.level_begin[l]) * level.rank;
  }
  return layout;
}

WorkspaceSizes Attention1dProblem::workspace_sizes(const std::vector<Attention1dTask>& tasks) const {
  WorkspaceSizes sizes{};
  sizes.width = width_;
  sizes.padded_dim = ceil_div(params.head_dim, width_) * width_;
  for (const Attention1dTask& task : tasks) sizes.key_rows = std::max(sizes.key_rows, layout(task).key_rows);
  sizes.pairs = params.storage == Storage::bfloat16;
  sizes.near_keys = 3 * params.group + 8;
  sizes.far_keys = 8;
  // an interaction list has at most three groups
  for (int64_t l = 0; l < params.levels; ++l) sizes.far_keys += 3 * params.level[l].rank;
  return sizes;
}

}  // namespace multipole::cpu

#include "backbone/attention/mechanisms/quadtree.h"

#include <algorithm>
#include <vector>

#include "backbone/attention/softmax_attention.h"
#include "backbone/attention/window_partition.h"

namespace multipole {
namespace {

// The keys that the queries of a level chose, best first. Where there were fewer, `real` is false.
struct Chosen {
  torch::Tensor index;  // (B, heads, queries, k): places on the level's grid, row by row
  torch::Tensor real;   // likewise, bool
};

struct LevelResult {
  torch::Tensor out;  // (B, h, w, heads, head_dim)
  Chosen chosen;
};

// (B, h, w, heads, d) -> (B, ceil(h / 2), ceil(w / 2), heads, d): means over the tokens that exist.
torch::Tensor pool(const torch::Tensor& x) {
  const WindowPartition cells(x.size(1), x.size(2), 2);
  const auto count = cells.real_tokens(x.options()).sum(-1).view({-1, 1, 1});
  return (cells.split(x).sum(2) / count).view({x.size(0), cells.windows_y(), cells.windows_x(), x.size(3), x.size(4)});
}

// (B, h, w, heads, d) -> (B, heads, h * w, d)
torch::Tensor flat(const torch::Tensor& x) { return x.flatten(1, 2).transpose(1, 2); }

LevelResult attend_coarsest(const ProjectedTokens& level, int64_t top_k) {
  const auto scores = scaled_scores(flat(level.q), flat(level.k));
  const auto out = torch::matmul(torch::softmax(scores, -1), flat(level.v));
  const auto chosen = std::get<1>(scores.detach().topk(std::min(top_k, scores.size(-1)), -1));
  return {out.transpose(1, 2).view(level.q.sizes()), {chosen, torch::ones_like(chosen, torch::kBool)}};
}

// The children of a grid's cells on the finer grid of height x width.
Chosen children_of(const Chosen& cells, int64_t height, int64_t width) {
  const int64_t parents_x = (width + 1) / 2;
  const auto child = torch::arange(4, cells.index.options());
  const auto y = (cells.index.div(parents_x, "floor") * 2).unsqueeze(-1) + child.div(2, "floor");
  const auto x = (cells.index.remainder(parents_x) * 2).unsqueeze(-1) + child.remainder(2);
  const auto real = cells.real.unsqueeze(-1).logical_and(y.lt(height)).logical_and(x.lt(width));
  return {(y.clamp_max(height - 1) * width + x.clamp_max(width - 1)).flatten(-2), real.flatten(-2)};
}

// `parents`: what each cell of the coarser grid chose there.
LevelResult attend_finer(const ProjectedTokens& level, const Chosen& parents, int64_t top_k) {
  const int64_t height = level.q.size(1), width = level.q.size(2);
  const Chosen seen = children_of(parents, height, width);  // (B, heads, cells, 4 k)
  const auto gather = [&](const torch::Tensor& x) {
    const auto index = seen.index.flatten(2).unsqueeze(-1).expand({-1, -1, -1, x.size(-1)});
    return flat(x).gather(2, index).view({seen.index.size(0), seen.index.size(1), seen.index.size(2), -1, x.size(-1)});
  };
  const WindowPartition cells(height, width, 2);
  const auto q = cells.split(level.q).permute({0, 3, 1, 2, 4});  // (B, heads, cells, 4, head_dim)
  const auto scores = scaled_scores(q, gather(level.k)).masked_fill(seen.real.logical_not().unsqueeze(3), kMasked);
  const auto out = torch::matmul(torch::softmax(scores, -1), gather(level.v));
  const auto [best, place] = scores.detach().topk(std::min(top_k, scores.size(-1)), -1);
  const auto index = seen.index.unsqueeze(3).expand({-1, -1, -1, 4, -1}).gather(-1, place);
  const auto join = [&](const torch::Tensor& x) { return cells.join(x.permute({0, 2, 3, 1, 4})); };
  return {join(out), {flat(join(index)), flat(join(best.isfinite()))}};
}

}  // namespace

void QuadtreeConfig::validate(const std::string& where) const {
  require(levels >= 1 && levels <= 16, where + ".levels", "must be from 1 to 16", levels);
  require(top_k >= 1 && top_k <= 65536, where + ".top_k", "must be from 1 to 65536", top_k);
  validate_projection(where);
}

QuadtreeAttention::QuadtreeAttention(const QuadtreeConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {
  if (config.levels > 1) level_weight_ = register_parameter("level_weight", torch::zeros({config.levels}));
}

double QuadtreeAttention::count_parameters(const QuadtreeConfig& config, const AttentionShape& shape) {
  return ProjectedAttention::count_parameters(config, shape) +
         (config.levels > 1 ? static_cast<double>(config.levels) : 0);
}

torch::Tensor QuadtreeAttention::mix(const ProjectedTokens& tokens) {
  std::vector<ProjectedTokens> pyramid = {tokens};
  while (static_cast<int64_t>(pyramid.size()) < config_.levels) {
    const auto& below = pyramid.back();
    pyramid.push_back({pool(below.q), pool(below.k), pool(below.v)});
  }
  const auto weight = level_weight_.defined() ? torch::softmax(level_weight_, 0) : torch::ones({1}, tokens.q.options());
  auto level = attend_coarsest(pyramid.back(), config_.top_k);
  auto sum = level.out * weight[config_.levels - 1];
  for (int64_t i = config_.levels - 2; i >= 0; --i) {
    level = attend_finer(pyramid[i], level.chosen, config_.top_k);
    const int64_t height = level.out.size(1), width = level.out.size(2);
    const auto inherited = sum.repeat_interleave(2, 1).repeat_interleave(2, 2).narrow(1, 0, height).narrow(2, 0, width);
    sum = inherited + level.out * weight[i];
  }
  return sum;
}

AttentionCost QuadtreeAttention::mixing_cost(int64_t height, int64_t width) const {
  const auto embed_dim = static_cast<double>(shape().embed_dim);
  AttentionCost cost;
  for (int64_t level = 0; level < config_.levels; ++level, height = (height + 1) / 2, width = (width + 1) / 2) {
    const auto tokens = static_cast<double>(height * width);
    const bool is_coarsest = level + 1 == config_.levels;
    const double seen = is_coarsest ? tokens : std::min(tokens, 4.0 * static_cast<double>(config_.top_k));
    cost += softmax_attention_cost(tokens, seen, tokens, embed_dim);
  }
  return cost;
}

}  // namespace multipole

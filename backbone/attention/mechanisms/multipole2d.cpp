#include "backbone/attention/mechanisms/multipole2d.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "backbone/layers/init.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

// Far levels with parameters of their own.
int64_t levels_of(const Multipole2dConfig& config, const AttentionShape& shape) {
  return config.max_levels.value_or(num_far_levels_2d(shape.grid_size, shape.grid_size, config.cell));
}

SummaryShape summary_shape(const Multipole2dConfig& config, const AttentionShape& shape) {
  const int64_t summarised = config.is_linear() ? 3 : 2;  // keys and values, and queries too
  return {config.cell, config.rank, levels_of(config, shape), summarised * shape.embed_dim};
}

}  // namespace

void Multipole2dConfig::validate(const std::string& where) const {
  require(cell >= 1 && cell <= 64, where + ".cell", "must be from 1 to 64 tokens", cell);
  const int64_t side = subcells_per_side(rank);
  require(rank >= 1 && side > 0 && side <= cell, where + ".rank",
          "must be a perfect square of at most cell * cell = " + std::to_string(cell * cell), rank);
  require(variant == "linear" || variant == "log-linear", where + ".variant", "must be 'linear' or 'log-linear'",
          variant);
  const auto bases = summary_basis_names();
  require(std::ranges::find(bases, basis) != bases.end(), where + ".basis", "must be 'hierarchical' or 'direct'",
          basis);
  require(proj_drop >= 0 && proj_drop < 1, where + ".proj_drop", "must be in [0, 1)", proj_drop);
  require(!max_levels || (*max_levels >= 0 && *max_levels <= 16), where + ".max_levels", "must be null or from 0 to 16",
          max_levels);
}

Multipole2dAttention::Multipole2dAttention(const Multipole2dConfig& config, const AttentionShape& shape)
    : config_(config), shape_(shape) {
  const int64_t embed_dim = shape.embed_dim;
  qkv_ = register_module("qkv", Linear(embed_dim, 3 * embed_dim, config.qkv_bias));
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
  const int64_t levels = levels_of(config, shape);
  basis_ = make_summary_basis(config.basis, summary_shape(config, shape), *this);
  if (config.bias) {
    const int64_t side = near_bias_side(config.cell);
    near_bias_ = register_parameter("near_bias", trunc_normal_(torch::empty({shape.num_heads, side, side})));
    for (int64_t level = 1; level <= levels; ++level) {
      far_bias_.push_back(
          register_parameter("far_bias_" + std::to_string(level),
                             trunc_normal_(torch::empty({shape.num_heads, kFarBiasSide, kFarBiasSide}))));
    }
  }
}

double Multipole2dAttention::count_parameters(const Multipole2dConfig& config, const AttentionShape& shape) {
  double parameters = linear_parameters(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias) +
                      linear_parameters(shape.embed_dim, shape.embed_dim) +
                      count_summary_parameters(config.basis, summary_shape(config, shape));
  if (config.bias) {
    const int64_t side = near_bias_side(config.cell), far = levels_of(config, shape) * kFarBiasSide * kFarBiasSide;
    parameters += static_cast<double>(shape.num_heads * (side * side + far));
  }
  return parameters;
}

torch::Tensor Multipole2dAttention::forward(torch::Tensor x) {
  auto qkv = qkv_(x);
  x.reset();  // each activation is let go of before the next takes memory
  const auto mixed = mix(qkv);
  qkv.reset();
  return torch::dropout(proj_(mixed.flatten(3)), config_.proj_drop, is_training());
}

torch::Tensor Multipole2dAttention::mix(const torch::Tensor& qkv) const {
  const int64_t batch = qkv.size(0), height = qkv.size(1), width = qkv.size(2), embed_dim = shape_.embed_dim;
  const int64_t levels = num_far_levels_2d(height, width, config_.cell);
  const auto parts = qkv.view({batch, height, width, 3, shape_.num_heads, embed_dim / shape_.num_heads}).unbind(3);
  const auto far = summarize(qkv, levels);
  const auto far_bias = far_bias_for(levels);
  return std::get<0>(attention2d(parts[0], parts[1], parts[2], far.k, far.v, config_.cell,
                                 far.q.empty() ? std::nullopt : std::optional<torch::TensorList>(far.q),
                                 near_bias_.defined() ? std::optional<torch::Tensor>(near_bias_) : std::nullopt,
                                 far_bias.empty() ? std::nullopt : std::optional<torch::TensorList>(far_bias)));
}

Multipole2dAttention::Summaries Multipole2dAttention::summarize(const torch::Tensor& qkv, int64_t levels) const {
  Summaries far;
  if (levels == 0) return far;
  // the log-linear variant leaves out the queries, which stand first
  const int64_t first = config_.is_linear() ? 0 : 1, embed_dim = shape_.embed_dim;
  const auto summarised = qkv.narrow(-1, first * embed_dim, (3 - first) * embed_dim);
  for (const auto& summary : basis_->summarize(summarised, levels)) {
    auto sizes = summary.sizes().vec();
    sizes.back() = 3 - first;
    sizes.insert(sizes.end(), {shape_.num_heads, embed_dim / shape_.num_heads});
    auto parts = summary.view(sizes).unbind(4);
    if (config_.is_linear()) far.q.push_back(parts[0]);
    far.k.push_back(parts[1 - first]);
    far.v.push_back(parts[2 - first]);
  }
  return far;
}

std::vector<torch::Tensor> Multipole2dAttention::far_bias_for(int64_t levels) const {
  std::vector<torch::Tensor> tables;
  if (far_bias_.empty() && config_.log_mass) return tables;
  const int64_t last = static_cast<int64_t>(far_bias_.size()) - 1;
  double mass = static_cast<double>(config_.cell * config_.cell) / static_cast<double>(config_.rank);
  for (int64_t i = 0; i < levels; ++i, mass *= 4) {
    tables.push_back(far_bias_.empty()
                         ? torch::zeros({shape_.num_heads, kFarBiasSide, kFarBiasSide}, qkv_->weight.options())
                         : far_bias_[std::min(i, last)]);
    // the operator adds the logarithm of a summary's tokens to its score
    if (!config_.log_mass) tables.back() = tables.back() - std::log(mass);
  }
  return tables;
}

AttentionCost Multipole2dAttention::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape_.embed_dim);
  const int64_t levels = num_far_levels_2d(height, width, config_.cell);
  const auto rank = static_cast<double>(config_.rank), cell_tokens = static_cast<double>(config_.cell * config_.cell);
  constexpr double kNearCells = 9, kInteractionList = 27;
  AttentionCost cost = linear_cost(tokens, embed_dim, 3 * embed_dim) + linear_cost(tokens, embed_dim, embed_dim) +
                       softmax_attention_cost(tokens, std::min(tokens, kNearCells * cell_tokens), tokens, embed_dim);
  cost += basis_->cost(height, width, levels);
  for (int64_t level = 1; level <= levels; ++level) {
    const auto cells =
        static_cast<double>(level_cells(level, height, config_.cell) * level_cells(level, width, config_.cell));
    const double summaries = rank * cells, seen = std::min(summaries, kInteractionList * rank);
    cost += softmax_attention_cost(config_.is_linear() ? summaries : tokens, seen, summaries, embed_dim);
  }
  return cost;
}

std::vector<std::string> Multipole2dAttention::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters(/*recurse=*/false)) names.push_back(parameter.key());
  return names;
}

}  // namespace multipole

#include "backbone/attention/mechanisms/multipole2d.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "backbone/layers/init.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/rotary.h"
#include "backbone/layers/token_mass.h"
#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

// As attention2d takes its optional arguments.
std::optional<torch::Tensor> given(const torch::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

std::optional<torch::TensorList> given(const std::vector<torch::Tensor>& tensors) {
  return tensors.empty() ? std::nullopt : std::optional<torch::TensorList>(tensors);
}

// (B, tokens, num_heads, head_dim) with the rows of another one after them; either may be undefined.
torch::Tensor joined(const torch::Tensor& first, const torch::Tensor& second) {
  if (!first.defined() || !second.defined()) return first.defined() ? first : second;
  return torch::cat({first, second}, 1);
}

// Every query to every key: q (B, queries, num_heads, head_dim), k and v (B, tokens, num_heads, head_dim), mass
// (B, tokens) or undefined -> like q
torch::Tensor attend_to_all(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                            const torch::Tensor& mass) {
  std::optional<torch::Tensor> bias;
  if (mass.defined()) bias = mass_bias(mass).unsqueeze(1).unsqueeze(1).to(q.scalar_type());
  return torch::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), bias)
      .transpose(1, 2);
}

}  // namespace

Multipole2dAttention::Multipole2dAttention(const Multipole2dConfig& config, const AttentionShape& shape)
    : config_(config), shape_(shape) {
  const int64_t embed_dim = shape.embed_dim;
  qkv_ = register_module("qkv", Linear(embed_dim, 3 * embed_dim, config.qkv_bias));
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
  if (config.qk_norm) norm_ = QueryKeyNorm(embed_dim / shape.num_heads, *this);
  summaries_.emplace(config, shape, *this);
  if (config.bias) {
    const int64_t side = near_bias_side(config.cell);
    near_bias_ = register_parameter("near_bias", trunc_normal_(torch::empty({shape.num_heads, side, side})));
  }
  for (int64_t level = 1; config.has_far_bias() && level <= config.parameter_levels(shape); ++level) {
    const auto table = torch::zeros({shape.num_heads, kFarBiasSide, kFarBiasSide});
    far_bias_.push_back(
        register_parameter("far_bias_" + std::to_string(level), config.bias ? trunc_normal_(table) : table));
  }
  for (int64_t level = 1; config.far_gate && level <= config.parameter_levels(shape); ++level) {
    const std::vector<int64_t> sizes = {shape.num_heads, embed_dim / shape.num_heads};
    const std::string number = std::to_string(level);
    far_key_gate_.push_back(register_parameter("far_key_gate_" + number, torch::ones(sizes)));
    far_value_gate_.push_back(register_parameter("far_value_gate_" + number, torch::ones(sizes)));
  }
}

double Multipole2dAttention::count_parameters(const Multipole2dConfig& config, const AttentionShape& shape) {
  double parameters = linear_parameters(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias) +
                      linear_parameters(shape.embed_dim, shape.embed_dim) +
                      Multipole2dSummaries::count_parameters(config, shape);
  if (config.qk_norm) parameters += QueryKeyNorm::count_parameters(shape.embed_dim / shape.num_heads);
  const int64_t levels = config.parameter_levels(shape), side = near_bias_side(config.cell);
  if (config.bias) parameters += static_cast<double>(shape.num_heads * side * side);
  if (config.has_far_bias()) parameters += static_cast<double>(levels * shape.num_heads * kFarBiasSide * kFarBiasSide);
  if (config.far_gate) parameters += static_cast<double>(levels * 2 * shape.embed_dim);
  return parameters;
}

torch::Tensor Multipole2dAttention::forward(torch::Tensor x) {
  const auto sizes = x.sizes().vec();
  auto tokens = x.flatten(1, 2);
  x.reset();
  return forward_sequence(std::move(tokens), {.height = sizes[1], .width = sizes[2], .rotary = {}}).view(sizes);
}

torch::Tensor Multipole2dAttention::forward_sequence(torch::Tensor x, const SequenceGrid& grid) {
  TORCH_CHECK(x.size(1) >= grid.height * grid.width, "a sequence of ", x.size(1), " tokens holds no grid of ",
              grid.height, " x ", grid.width);
  const auto mass = sequence_mass(grid, x.size(1) - grid.height * grid.width);
  // the operator looks at no masked key, but what is masked queries and has gradients like every token
  auto packed = qkv_(zero_masked(std::move(x), mass));
  x.reset();  // each activation is let go of before the next takes memory
  const auto mixed = mix(packed, grid, mass);
  packed.reset();
  return zero_masked(torch::dropout(proj_(mixed.flatten(2)), config_.proj_drop, is_training()), mass);
}

torch::Tensor Multipole2dAttention::mix(const torch::Tensor& packed, const SequenceGrid& grid,
                                        const torch::Tensor& mass) {
  const int64_t batch = packed.size(0), tokens = packed.size(1), prefix = tokens - grid.height * grid.width;
  auto parts = packed.view({batch, tokens, 3, shape_.num_heads, shape_.embed_dim / shape_.num_heads}).unbind(2);
  norm_.apply(parts[0], parts[1]);
  if (grid.rotary.defined()) {
    for (const size_t i : {0, 1}) parts[i] = apply_rotary(parts[i].transpose(1, 2), grid.rotary).transpose(1, 2);
  }
  // a bare grid stays with the operator where it has no far level anyway: what models of such grids were trained with
  const bool sees_all = sees_one_by_one(grid.height, grid.width) && !near_bias_.defined();
  if (sees_all && (prefix > 0 || tokens <= config_.full_up_to))
    return attend_to_all(parts[0], parts[1], parts[2], mass);
  const auto on_grid = [&](const torch::Tensor& t) {
    return t.narrow(1, prefix, tokens - prefix).unflatten(1, {grid.height, grid.width});
  };
  GridTokens placed = {.q = on_grid(parts[0]), .k = on_grid(parts[1]), .v = on_grid(parts[2]), .packed = {}};
  if (!norm_ && !grid.rotary.defined()) placed.packed = on_grid(packed);
  if (mass.defined()) placed.mass = on_grid(mass).to(mass_dtype(packed.scalar_type()));
  if (prefix == 0) return attend_on_grid(placed, {}, {}).flatten(1, 2);
  const auto of_prefix = [&](const torch::Tensor& t) { return t.narrow(1, 0, prefix); };
  return torch::cat({attend_to_all(of_prefix(parts[0]), parts[1], parts[2], mass),
                     attend_on_grid(placed, of_prefix(parts[1]), of_prefix(parts[2])).flatten(1, 2)},
                    1);
}

torch::Tensor Multipole2dAttention::attend_on_grid(const GridTokens& tokens, torch::Tensor k_prefix,
                                                   torch::Tensor v_prefix) const {
  const int64_t count = hot_tokens(tokens.q.size(1), tokens.q.size(2));
  if (count == 0 || !tokens.mass.defined()) return attend_with_hot(tokens, k_prefix, v_prefix, count);
  const auto seen = tokens.mass.gt(0).sum({1, 2}).cpu();
  if (seen.min().item<int64_t>() >= count) return attend_with_hot(tokens, k_prefix, v_prefix, count);
  // pictures of a batch that have too few tokens have fewer hot ones, each its own number
  std::vector<torch::Tensor> pictures;
  for (int64_t i = 0; i < seen.size(0); ++i) {
    const auto one = [&](const torch::Tensor& t) { return t.defined() ? t.narrow(0, i, 1) : t; };
    const GridTokens alone = {.q = one(tokens.q),
                              .k = one(tokens.k),
                              .v = one(tokens.v),
                              .packed = one(tokens.packed),
                              .mass = one(tokens.mass)};
    const int64_t own_count = std::min(count, seen[i].item<int64_t>());
    pictures.push_back(attend_with_hot(alone, one(k_prefix), one(v_prefix), own_count));
  }
  return torch::cat(pictures);
}

torch::Tensor Multipole2dAttention::attend_with_hot(const GridTokens& tokens, torch::Tensor k_extra,
                                                    torch::Tensor v_extra, int64_t count) const {
  torch::Tensor mass = tokens.mass;
  if (count > 0) {
    const auto hot =
        take_hot_tokens(tokens.k, tokens.v, hot_tokens2d(tokens.q, tokens.k, count, given(mass)), given(mass));
    k_extra = joined(k_extra, hot.k_extra);
    v_extra = joined(v_extra, hot.v_extra);
    mass = hot.token_mass;
  }
  auto far = summaries_->summarize(tokens, mass);
  apply_gates(far);
  const auto far_bias = far_bias_for(static_cast<int64_t>(far.k.size()));
  return std::get<0>(attention2d(tokens.q, tokens.k, tokens.v, far.k, far.v, config_.cell, given(far.q),
                                 given(near_bias_), given(far_bias), std::nullopt, given(k_extra), given(v_extra),
                                 given(mass), given(far.mass)));
}

bool Multipole2dAttention::sees_one_by_one(int64_t height, int64_t width) const {
  return height * width <= config_.full_up_to || num_far_levels_2d(height, width, config_.cell) == 0;
}

int64_t Multipole2dAttention::hot_tokens(int64_t height, int64_t width) const {
  return sees_one_by_one(height, width) ? 0 : std::min(config_.hot, height * width);
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

void Multipole2dAttention::apply_gates(FarSummaries& far) const {
  if (far_key_gate_.empty()) return;
  for (size_t i = 0; i < far.k.size(); ++i) {
    const size_t level = std::min(i, far_key_gate_.size() - 1);
    far.k[i] = far.k[i] * far_key_gate_[level].to(far.k[i].scalar_type());
    far.v[i] = far.v[i] * far_value_gate_[level].to(far.v[i].scalar_type());
  }
}

AttentionCost Multipole2dAttention::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), prefix = static_cast<double>(shape_.prefix_tokens),
             hot = static_cast<double>(hot_tokens(height, width)), embed_dim = static_cast<double>(shape_.embed_dim);
  const bool sees_all = sees_one_by_one(height, width);
  const int64_t levels = sees_all ? 0 : config_.seen_levels(shape_, height, width);
  const auto rank = static_cast<double>(config_.rank), cell_tokens = static_cast<double>(config_.cell * config_.cell);
  constexpr double kNearCells = 9, kInteractionList = 27, kHotQueries = 64;
  const double near = sees_all ? tokens : std::min(tokens, kNearCells * cell_tokens), all = prefix + tokens;
  AttentionCost cost = linear_cost(all, embed_dim, 3 * embed_dim) + linear_cost(all, embed_dim, embed_dim) +
                       softmax_attention_cost(tokens, near + prefix + hot, all, embed_dim);
  if (prefix > 0) cost += softmax_attention_cost(prefix, all, all, embed_dim);
  // which tokens are hot: a product of mean queries and all keys
  if (hot > 0) cost += AttentionCost{2 * kHotQueries * tokens * embed_dim, 4 * 2 * tokens * embed_dim};
  if (levels > 0) cost += summaries_->cost(height, width);
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

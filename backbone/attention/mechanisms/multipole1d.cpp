#include "backbone/attention/mechanisms/multipole1d.h"

#include <algorithm>
#include <cmath>

#include "backbone/multipole/op.h"

namespace multipole {
namespace {

// Far levels of a sequence: the fewest whose group * 2^(levels + 1) tokens hold it.
int64_t num_levels(int64_t tokens, int64_t group) {
  int64_t levels = 0;
  while ((group << (levels + 1)) < tokens) ++levels;
  return levels;
}

// (rank, width, channels): summary j is the mean of the j-th part of the group.
torch::Tensor means(int64_t rank, int64_t width, int64_t channels, const torch::TensorOptions& options) {
  const double weight = static_cast<double>(rank) / static_cast<double>(width);
  return (torch::eye(rank, options) * weight).repeat_interleave(width / rank, 1).unsqueeze(-1).repeat({1, 1, channels});
}

// (groups, rank): the share of each summary's tokens that lie below `tokens`.
torch::Tensor real_share(int64_t filled, int64_t tokens, int64_t part, int64_t rank,
                         const torch::TensorOptions& options) {
  const auto first = torch::arange(0, filled, part, options);
  return ((tokens - first) / static_cast<double>(part)).clamp(0, 1).view({-1, rank});
}

// Channels that with_channel appends: as many as keep head_dim a multiple of what the fused kernels take.
constexpr int64_t kAppended = 8;

// Appends one channel to (..., heads, d), and zeros behind it.
torch::Tensor with_channel(const torch::Tensor& x, const torch::Tensor& channel) {
  auto sizes = x.sizes().vec();
  sizes.back() = 1;
  return torch::constant_pad_nd(torch::cat({x, channel.expand(sizes)}, -1), {0, kAppended - 1}, 0);
}

// Far below every score, and finite in half precision.
constexpr double kUnseen = -1e4;

// What the appended channel of the keys holds so that it adds `score` to the scores, where the queries' is 1.
torch::Tensor score_channel(const torch::Tensor& score, double scale) {
  return torch::clamp_min(score / scale, kUnseen).unsqueeze(-1).unsqueeze(-1);
}

}  // namespace

void Multipole1dConfig::validate(const std::string& where) const {
  require(group >= 1 && group <= 4096, where + ".group", "must be from 1 to 4096 tokens", group);
  require(rank >= 1 && group % rank == 0, where + ".rank", "must divide group = " + std::to_string(group), rank);
  validate_projection(where);
}

Multipole1dAttention::Multipole1dAttention(const Multipole1dConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {
  const int64_t levels = num_levels(shape.grid_size * shape.grid_size, config.group);
  for (int64_t level = 1; level <= levels; ++level) {
    basis_.push_back(register_parameter("basis_" + std::to_string(level),
                                        means(config.rank, config.group << (level - 1), 2 * shape.embed_dim,
                                              torch::TensorOptions(torch::get_default_dtype()))));
  }
}

double Multipole1dAttention::count_parameters(const Multipole1dConfig& config, const AttentionShape& shape) {
  double parameters = ProjectedAttention::count_parameters(config, shape);
  const int64_t levels = num_levels(shape.grid_size * shape.grid_size, config.group);
  for (int64_t level = 1; level <= levels; ++level) {
    parameters += static_cast<double>(config.rank) * static_cast<double>(config.group << (level - 1)) *
                  static_cast<double>(2 * shape.embed_dim);
  }
  return parameters;
}

torch::Tensor Multipole1dAttention::mix(const ProjectedTokens& tokens) {
  const auto line = [](const torch::Tensor& x) { return x.flatten(1, 2); };  // (B, n, heads, head_dim)
  const auto q = line(tokens.q), k = line(tokens.k), v = line(tokens.v);
  const int64_t count = q.size(1), levels = num_levels(count, config_.group);
  if (levels == 0) {
    return std::get<0>(attention1d(q, k, v, {}, {}, config_.group, config_.causal)).view(tokens.q.sizes());
  }
  const int64_t filled = config_.group << (levels + 1);
  const auto fill = [&](const torch::Tensor& x) {
    return torch::constant_pad_nd(x, {0, 0, 0, 0, 0, filled - count}, 0);
  };
  const auto pairs = fill(torch::stack({k, v}, 2).flatten(2, 3)).flatten(2);  // (B, filled, 2 embed_dim)
  auto summaries = summarize1d(pairs, basis_for(levels, q.options()), config_.group);
  const double scale = std::pow(static_cast<double>(head_dim()), -0.5);
  std::vector<torch::Tensor> k_far, v_far;
  if (filled == count) {
    for (const auto& level : summaries) {
      const auto parts = level.unflatten(-1, {2, q.size(2), head_dim()}).unbind(3);
      k_far.push_back(parts[0]);
      v_far.push_back(parts[1]);
    }
    return std::get<0>(attention1d(q, k, v, k_far, v_far, config_.group, config_.causal, scale)).view(tokens.q.sizes());
  }
  const auto options = q.options();
  const auto zero = torch::zeros({1}, options), one = torch::ones({1}, options);
  for (int64_t level = 1; level <= levels; ++level) {
    const int64_t part = (config_.group << (level - 1)) / config_.rank;
    const auto share = real_share(filled, count, part, config_.rank, options);
    const auto inverse = torch::where(share.gt(0), share.reciprocal(), torch::zeros_like(share));
    const auto averages = summaries[level - 1] * inverse.unsqueeze(-1);
    const auto parts = averages.unflatten(-1, {2, q.size(2), head_dim()}).unbind(3);
    k_far.push_back(with_channel(parts[0], score_channel(share.log(), scale)));
    v_far.push_back(with_channel(parts[1], zero));
  }
  const auto unseen = torch::arange(filled, options).ge(count).to(q.scalar_type()) * kUnseen;
  const auto out =
      std::get<0>(attention1d(with_channel(fill(q), one), with_channel(fill(k), score_channel(unseen, scale)),
                              with_channel(fill(v), zero), k_far, v_far, config_.group, config_.causal, scale));
  return out.narrow(1, 0, count).narrow(3, 0, head_dim()).reshape(tokens.q.sizes());
}

std::vector<torch::Tensor> Multipole1dAttention::basis_for(int64_t levels, const torch::TensorOptions& options) const {
  auto basis = basis_;
  while (static_cast<int64_t>(basis.size()) < levels) {
    basis.push_back(means(config_.rank, config_.group << basis.size(), 2 * shape().embed_dim, options));
  }
  basis.resize(levels);
  return basis;
}

AttentionCost Multipole1dAttention::mixing_cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width), embed_dim = static_cast<double>(shape().embed_dim);
  const auto group = static_cast<double>(config_.group), rank = static_cast<double>(config_.rank);
  const int64_t levels = num_levels(height * width, config_.group);
  // interior tokens: three groups near, three groups a level far; a causal one sees half of each
  const double half = config_.causal ? 0.5 : 1.0;
  AttentionCost cost = softmax_attention_cost(tokens, std::min(tokens, half * 3 * group), tokens, embed_dim);
  for (int64_t level = 1; level <= levels; ++level) {
    const double side = group * std::pow(2.0, static_cast<double>(level - 1)), summaries = rank * tokens / side;
    cost += depthwise_cost(tokens, summaries, side, 2 * embed_dim);
    cost += AttentionCost{4 * tokens * half * 3 * rank * embed_dim, 4 * embed_dim * 2 * summaries};
  }
  return cost;
}

}  // namespace multipole

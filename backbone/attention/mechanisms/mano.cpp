#include "backbone/attention/mechanisms/mano.h"

#include <algorithm>
#include <utility>

#include "backbone/attention/relative_bias.h"
#include "backbone/attention/softmax_attention.h"
#include "backbone/attention/window_partition.h"
#include "backbone/layers/init.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {
namespace {

int64_t half(int64_t size) { return (size + 1) / 2; }

// A nominal grid of one window has no convolutions, so larger grids stay with their one level.
int64_t num_mano_levels(const ManoConfig& config, int64_t height, int64_t width) {
  const auto levels_of = [&](int64_t size) {
    int64_t levels = 1;
    for (; size > config.window; size = half(size)) ++levels;
    return levels;
  };
  const int64_t most = std::max(levels_of(height), levels_of(width));
  return std::min(most, config.levels.value_or(most));
}

}  // namespace

void ManoConfig::validate(const std::string& where) const {
  require(window >= 1 && window <= 64, where + ".window", "must be from 1 to 64 tokens", window);
  require(!levels || (*levels >= 1 && *levels <= 16), where + ".levels", "must be null or from 1 to 16", levels);
  validate_projection(where);
}

ManoAttention::ManoAttention(const ManoConfig& config, const AttentionShape& shape) : config_(config), shape_(shape) {
  const int64_t embed_dim = shape.embed_dim, side = 2 * config.window - 1;
  qkv_ = register_module("qkv", Linear(embed_dim, 3 * embed_dim, config.qkv_bias));
  proj_ = register_module("proj", Linear(embed_dim, embed_dim));
  if (num_mano_levels(config, shape.grid_size, shape.grid_size) > 1) {
    // convolutions whose stride is their kernel, as products over 2 x 2 patches
    down_ = register_module("down", Linear(4 * embed_dim, embed_dim));
    up_ = register_module("up", Linear(embed_dim, 4 * embed_dim));
  }
  if (config.bias) bias_ = register_parameter("bias", trunc_normal_(torch::empty({shape.num_heads, side, side})));
}

double ManoAttention::count_parameters(const ManoConfig& config, const AttentionShape& shape) {
  const int64_t embed_dim = shape.embed_dim, side = 2 * config.window - 1;
  double parameters = ProjectedAttention::count_parameters(config, shape);
  if (num_mano_levels(config, shape.grid_size, shape.grid_size) > 1) {
    parameters += linear_parameters(4 * embed_dim, embed_dim) + linear_parameters(embed_dim, 4 * embed_dim);
  }
  if (config.bias) parameters += static_cast<double>(shape.num_heads * side * side);
  return parameters;
}

torch::Tensor ManoAttention::forward(torch::Tensor x) {
  const int64_t levels = down_ ? num_mano_levels(config_, x.size(1), x.size(2)) : 1;
  std::vector<torch::Tensor> maps = {std::move(x)};
  while (static_cast<int64_t>(maps.size()) < levels) maps.push_back(down(maps.back()));
  auto out = attend(maps.back());
  for (int64_t level = levels - 2; level >= 0; --level) {
    const auto& map = maps[level];
    out = attend(map) + up(out, map.size(1), map.size(2));
  }
  return torch::dropout(proj_(out), config_.proj_drop, is_training());
}

torch::Tensor ManoAttention::attend(const torch::Tensor& x) {
  const WindowPartition windows(x.size(1), x.size(2), config_.window);
  // (3, B, windows, heads, tokens of a window, head_dim)
  const auto qkv = windows.split(qkv_(x))
                       .unflatten(-1, {3, shape_.num_heads, shape_.embed_dim / shape_.num_heads})
                       .permute({3, 0, 1, 4, 2, 5})
                       .unbind(0);
  const auto mask = windows.key_mask(x.options()).unsqueeze(1).unsqueeze(1);
  const auto bias = bias_.defined() ? window_bias(bias_, config_.window) + mask : mask;
  const auto out = softmax_attention(qkv[0], qkv[1], qkv[2], bias);
  return windows.join(out.transpose(2, 3).flatten(3)).contiguous();
}

// (B, H, W, C) -> (B, ceil(H / 2), ceil(W / 2), C)
torch::Tensor ManoAttention::down(const torch::Tensor& x) {
  const WindowPartition patches(x.size(1), x.size(2), 2);
  return down_(patches.split(x).flatten(2)).view({x.size(0), patches.windows_y(), patches.windows_x(), x.size(3)});
}

// (B, ceil(H / 2), ceil(W / 2), C) -> (B, H, W, C)
torch::Tensor ManoAttention::up(const torch::Tensor& x, int64_t height, int64_t width) {
  const WindowPartition patches(height, width, 2);
  return patches.join(up_(x).view({x.size(0), patches.num_windows(), 4, x.size(3)}));
}

AttentionCost ManoAttention::cost(int64_t height, int64_t width) const {
  const auto embed_dim = static_cast<double>(shape_.embed_dim);
  const auto seen = static_cast<double>(config_.window * config_.window);
  const int64_t levels = down_ ? num_mano_levels(config_, height, width) : 1;
  AttentionCost cost = linear_cost(static_cast<double>(height * width), embed_dim, embed_dim);
  for (int64_t level = 0; level < levels; ++level, height = half(height), width = half(width)) {
    const auto tokens = static_cast<double>(height * width);
    const WindowPartition windows(height, width, config_.window);
    const double filled = static_cast<double>(windows.num_windows()) * seen;
    cost += linear_cost(tokens, embed_dim, 3 * embed_dim) + softmax_attention_cost(filled, seen, filled, embed_dim);
    if (level + 1 == levels) continue;
    const auto next = static_cast<double>(half(height) * half(width));
    cost += linear_cost(next, 4 * embed_dim, embed_dim) + linear_cost(next, embed_dim, 4 * embed_dim);
  }
  return cost;
}

std::vector<std::string> ManoAttention::no_weight_decay() const {
  return bias_.defined() ? std::vector<std::string>{"bias"} : std::vector<std::string>{};
}

}  // namespace multipole

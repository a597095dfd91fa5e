#include "backbone/attention/mechanisms/window.h"

#include <utility>

#include "backbone/attention/relative_bias.h"
#include "backbone/attention/softmax_attention.h"
#include "backbone/attention/window_partition.h"
#include "backbone/layers/init.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void WindowConfig::validate(const std::string& where) const {
  require(window >= 1 && window <= 64, where + ".window", "must be from 1 to 64 tokens", window);
  require(padding == "unseen" || padding == "before_shift" || padding == "after_shift", where + ".padding",
          "must be unseen, before_shift or after_shift", padding);
  require(shift_axes == "each" || shift_axes == "both" || shift_axes == "always", where + ".shift_axes",
          "must be each, both or always", shift_axes);
  validate_projection(where);
}

WindowAttention::WindowAttention(const WindowConfig& config, const AttentionShape& shape)
    : ProjectedAttention(config, shape), config_(config) {
  const int64_t side = 2 * config.window - 1;
  if (config.bias) bias_ = register_parameter("bias", trunc_normal_(torch::empty({shape.num_heads, side, side})));
}

double WindowAttention::count_parameters(const WindowConfig& config, const AttentionShape& shape) {
  const int64_t side = 2 * config.window - 1;
  return ProjectedAttention::count_parameters(config, shape) +
         (config.bias ? static_cast<double>(shape.num_heads * side * side) : 0);
}

int64_t WindowAttention::filled(int64_t tokens) const {
  const int64_t window = config_.window;
  return config_.padding == "unseen" ? tokens : (tokens + window - 1) / window * window;
}

std::array<int64_t, 2> WindowAttention::shifts(int64_t height, int64_t width) const {
  if (!config_.shift || shape().block % 2 == 0) return {0, 0};
  const int64_t window = config_.window, shift = window / 2;
  if (config_.shift_axes == "always") return {shift, shift};
  const bool y = height > window, x = width > window;
  if (config_.shift_axes == "both") return y && x ? std::array{shift, shift} : std::array<int64_t, 2>{0, 0};
  return {y ? shift : 0, x ? shift : 0};
}

torch::Tensor WindowAttention::forward(torch::Tensor x) { return attend_filled(std::move(x), {}); }

torch::Tensor WindowAttention::forward_masked(torch::Tensor x, const torch::Tensor& token_mass) {
  return attend_filled(std::move(x), token_mass);
}

torch::Tensor WindowAttention::attend_filled(torch::Tensor x, torch::Tensor token_mass) {
  const int64_t height = x.size(1), width = x.size(2), below = filled(height) - height, right = filled(width) - width;
  if (below == 0 && right == 0) return attend(std::move(x), token_mass);
  const auto [shift_y, shift_x] = shifts(height, width);
  const auto roll = [&](const torch::Tensor& grid, int64_t direction) {
    if (config_.padding != "after_shift" || shift_y + shift_x == 0) return grid;
    return torch::roll(grid, {direction * shift_y, direction * shift_x}, {1, 2});
  };
  // rolled, filled up and rolled back: then its windows lie as those of every other grid
  x = roll(torch::constant_pad_nd(roll(x, -1), {0, 0, 0, right, 0, below}), 1);
  if (token_mass.defined()) {
    // the filling is seen, whatever the tokens count for
    token_mass = roll(torch::constant_pad_nd(roll(token_mass, -1), {0, right, 0, below}, 1), 1);
  }
  const auto out = roll(attend(std::move(x), token_mass), -1);
  return roll(out.narrow(1, 0, height).narrow(2, 0, width), 1).contiguous();
}

torch::Tensor WindowAttention::mix(const ProjectedTokens& tokens) {
  const int64_t height = tokens.q.size(1), width = tokens.q.size(2);
  const WindowPartition windows(height, width, config_.window, shifts(height, width));
  // (B, windows, heads, tokens of a window, head_dim)
  const auto split = [&](const torch::Tensor& x) { return windows.split(x).transpose(2, 3); };
  auto mask = tokens.mass.defined() ? mass_bias(windows.split(tokens.mass.to(tokens.q.options())))
                                    : windows.key_mask(tokens.q.options());
  mask = mask.unsqueeze(-2).unsqueeze(-2);  // for every head and query
  const auto bias = bias_.defined() ? window_bias(bias_, config_.window) + mask : mask;
  return windows.join(softmax_attention(split(tokens.q), split(tokens.k), split(tokens.v), bias).transpose(2, 3));
}

AttentionCost WindowAttention::cost(int64_t height, int64_t width) const {
  return ProjectedAttention::cost(filled(height), filled(width));
}

AttentionCost WindowAttention::mixing_cost(int64_t height, int64_t width) const {
  const WindowPartition windows(height, width, config_.window, shifts(height, width));
  const auto seen = static_cast<double>(config_.window * config_.window);
  const double tokens = static_cast<double>(windows.num_windows()) * seen;
  return softmax_attention_cost(tokens, seen, tokens, static_cast<double>(shape().embed_dim));
}

}  // namespace multipole

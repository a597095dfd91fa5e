#include "backbone/attention/mechanisms/window.h"

#include "backbone/attention/relative_bias.h"
#include "backbone/attention/softmax_attention.h"
#include "backbone/attention/window_partition.h"
#include "backbone/layers/init.h"

namespace multipole {

void WindowConfig::validate(const std::string& where) const {
  require(window >= 1 && window <= 64, where + ".window", "must be from 1 to 64 tokens", window);
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

int64_t WindowAttention::shift() const { return config_.shift && shape().block % 2 == 1 ? config_.window / 2 : 0; }

torch::Tensor WindowAttention::mix(const ProjectedTokens& tokens) {
  const WindowPartition windows(tokens.q.size(1), tokens.q.size(2), config_.window, shift());
  // (B, windows, heads, tokens of a window, head_dim)
  const auto split = [&](const torch::Tensor& x) { return windows.split(x).transpose(2, 3); };
  const auto mask = windows.key_mask(tokens.q.options()).unsqueeze(1).unsqueeze(1);  // for every head and query
  const auto bias = bias_.defined() ? window_bias(bias_, config_.window) + mask : mask;
  return windows.join(softmax_attention(split(tokens.q), split(tokens.k), split(tokens.v), bias).transpose(2, 3));
}

AttentionCost WindowAttention::mixing_cost(int64_t height, int64_t width) const {
  const WindowPartition windows(height, width, config_.window, shift());
  const auto seen = static_cast<double>(config_.window * config_.window);
  const double tokens = static_cast<double>(windows.num_windows()) * seen;
  return softmax_attention_cost(tokens, seen, tokens, static_cast<double>(shape().embed_dim));
}

}  // namespace multipole

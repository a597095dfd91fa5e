#include "backbone/attention/mechanisms/full.h"

#include <optional>
#include <utility>

#include "backbone/attention/softmax_attention.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/rotary.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void FullAttentionConfig::validate(const std::string& where) const {
  require(proj_drop >= 0 && proj_drop < 1, where + ".proj_drop", "must be in [0, 1)", proj_drop);
}

FullAttention::FullAttention(const FullAttentionConfig& config, const AttentionShape& shape)
    : config_(config), shape_(shape) {
  qkv_ = register_module("qkv", Linear(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias));
  proj_ = register_module("proj", Linear(shape.embed_dim, shape.embed_dim));
  if (config.qk_norm) norm_ = QueryKeyNorm(shape.embed_dim / shape.num_heads, *this);
}

double FullAttention::count_parameters(const FullAttentionConfig& config, const AttentionShape& shape) {
  return linear_parameters(shape.embed_dim, 3 * shape.embed_dim, config.qkv_bias) +
         linear_parameters(shape.embed_dim, shape.embed_dim) +
         (config.qk_norm ? QueryKeyNorm::count_parameters(shape.embed_dim / shape.num_heads) : 0);
}

torch::Tensor FullAttention::forward(torch::Tensor x) { return attend(std::move(x), {}, {}); }

torch::Tensor FullAttention::forward_sequence(torch::Tensor x, const SequenceGrid& grid) {
  const auto mass = sequence_mass(grid, x.size(1) - grid.height * grid.width);
  return zero_masked(attend(zero_masked(std::move(x), mass), grid.rotary, mass), mass);
}

torch::Tensor FullAttention::attend(torch::Tensor x, const torch::Tensor& rotary, const torch::Tensor& mass) {
  const auto sizes = x.sizes().vec();
  auto qkv = qkv_(x);
  x.reset();  // each activation is let go of before the next takes memory
  const auto mixed = mix(qkv, rotary, mass);
  qkv.reset();
  return torch::dropout(proj_(mixed.reshape(sizes)), config_.proj_drop, is_training());
}

torch::Tensor FullAttention::mix(const torch::Tensor& packed, const torch::Tensor& rotary, const torch::Tensor& mass) {
  const int64_t batch = packed.size(0), head_dim = shape_.embed_dim / shape_.num_heads;
  // (B, tokens, 3, heads, head_dim) -> three of (B, heads, tokens, head_dim), all views
  const auto rows = packed.flatten(1, -2);
  auto qkv = rows.view({batch, rows.size(1), 3, shape_.num_heads, head_dim}).permute({2, 0, 3, 1, 4}).unbind(0);
  norm_.apply(qkv[0], qkv[1]);
  if (rotary.defined()) {
    qkv[0] = apply_rotary(qkv[0], rotary);
    qkv[1] = apply_rotary(qkv[1], rotary);
  }
  std::optional<torch::Tensor> bias;
  if (mass.defined()) bias = score_bias(mass).to(qkv[0].scalar_type());
  const auto out =
      torch::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], bias, 0.0, config_.causal && !mass.defined());
  return out.transpose(1, 2);
}

torch::Tensor FullAttention::score_bias(const torch::Tensor& mass) const {
  const auto keys = mass_bias(mass).unsqueeze(1).unsqueeze(1);
  if (!config_.causal) return keys;
  const int64_t tokens = mass.size(1);
  const auto later = torch::ones({tokens, tokens}, mass.options().dtype(torch::kBool)).triu(1);
  auto bias = keys.expand({-1, -1, tokens, -1}).masked_fill(later, kMasked);
  // a masked query may have none but masked keys before it: it sees itself, so that its result is a number
  bias.diagonal(0, -2, -1).masked_fill_(mass.le(0).unsqueeze(1), 0);
  return bias;
}

AttentionCost FullAttention::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(shape_.prefix_tokens + height * width),
             embed_dim = static_cast<double>(shape_.embed_dim);
  const double seen = config_.causal ? (tokens + 1) / 2 : tokens;
  return linear_cost(tokens, embed_dim, 3 * embed_dim) + softmax_attention_cost(tokens, seen, tokens, embed_dim) +
         linear_cost(tokens, embed_dim, embed_dim);
}

}  // namespace multipole

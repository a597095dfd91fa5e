#include "backbone/sequence/sequence_block.h"

#include <cmath>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

namespace {

constexpr const char* kPlace = "model.attention";

AttentionShape shape_of(const SequenceConfig& config, int64_t block) {
  // mechanisms count the tokens of a square grid
  const auto grid_size = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(config.context))));
  return {.embed_dim = config.embed_dim, .num_heads = config.num_heads, .grid_size = grid_size, .block = block};
}

int64_t hidden_dim_of(const SequenceConfig& config) {
  return std::llround(static_cast<double>(config.embed_dim) * config.mlp_ratio);
}

}  // namespace

double SequenceBlockImpl::count_parameters(const SequenceConfig& config) {
  return 2 * layer_norm_parameters(config.embed_dim) + mlp_parameters(config.embed_dim, hidden_dim_of(config)) +
         count_attention_parameters(config.attention, shape_of(config, 0), kPlace);
}

SequenceBlockImpl::SequenceBlockImpl(const SequenceConfig& config, int64_t block) {
  norm1_ = register_module("norm1", make_layer_norm(config.embed_dim, config.norm_eps));
  attention_ = register_module("attention", make_attention(config.attention, shape_of(config, block), kPlace));
  require(attention_->is_causal(), kPlace,
          "must be causal, or a byte would be predicted from itself (multipole1d, full: \"causal\": true)",
          config.attention);
  norm2_ = register_module("norm2", make_layer_norm(config.embed_dim, config.norm_eps));
  mlp_ = register_module("mlp", Mlp(config.embed_dim, hidden_dim_of(config)));
}

torch::Tensor SequenceBlockImpl::forward(const torch::Tensor& x) {
  const auto mixed = x + attention_->forward(norm1_(x).unsqueeze(1)).squeeze(1);
  return mixed + mlp_(norm2_(mixed));
}

std::vector<std::string> SequenceBlockImpl::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& name : attention_->no_weight_decay()) names.push_back("attention." + name);
  return names;
}

}  // namespace multipole

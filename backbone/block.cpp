#include "backbone/block.h"

#include <cmath>
#include <utility>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/residual.h"
#include "backbone/resolve_pyramid.h"

namespace multipole {

BlockImpl::BlockImpl(const PyramidConfig& config, int64_t stage, int64_t block, double drop_path_rate) {
  const int64_t embed_dim = config.embed_dims[stage];
  if (config.position_conv) position_conv_ = register_module("position_conv", PositionConv(embed_dim));
  norm1_ = register_module("norm1", make_layer_norm(embed_dim, config.norm_eps));
  attention_ =
      register_module("attention", make_attention(config.attention_of(stage), attention_shape(config, stage, block),
                                                  "backbone.attention (stage " + std::to_string(stage) + ")"));
  norm2_ = register_module("norm2", make_layer_norm(embed_dim, config.norm_eps));
  mlp_ = register_module("mlp", Mlp(embed_dim, std::llround(embed_dim * config.mlp_ratio)));
  if (config.layer_scale_init > 0) {
    layer_scale1_ = register_module("layer_scale1", LayerScale(embed_dim, config.layer_scale_init));
    layer_scale2_ = register_module("layer_scale2", LayerScale(embed_dim, config.layer_scale_init));
  }
  drop_path_ = register_module("drop_path", DropPath(drop_path_rate));
}

torch::Tensor BlockImpl::forward(torch::Tensor x) {
  if (position_conv_) x = position_conv_(x);
  x = add_branch(x, finish_branch(attention_->forward(norm1_(x)), layer_scale1_));
  const auto mlp_branch = [this](const torch::Tensor& tokens) {
    return finish_branch(mlp_(norm2_(tokens)), layer_scale2_);
  };
  // drop path draws for whole samples, so its branch cannot be cut into tokens
  if (is_training()) return x + mlp_branch(x);
  return add_token_branch(std::move(x), mlp_->hidden_dim(), mlp_branch);
}

torch::Tensor BlockImpl::finish_branch(const torch::Tensor& branch, LayerScale& layer_scale) {
  return drop_path_(layer_scale ? layer_scale(branch) : branch);
}

std::vector<std::string> BlockImpl::no_weight_decay() const {
  std::vector<std::string> names;
  for (const auto& name : attention_->no_weight_decay()) names.push_back("attention." + name);
  return names;
}

}  // namespace multipole

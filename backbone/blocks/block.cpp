#include "backbone/blocks/block.h"

#include <utility>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"
#include "backbone/layers/residual.h"
#include "backbone/layers/token_mass.h"

namespace multipole {
namespace {

MlpShape mlp_shape(const BlockShape& shape) {
  return {.embed_dim = shape.attention_shape.embed_dim,
          .hidden_dim = shape.hidden_dim,
          .activation = shape.activation,
          .gated = shape.gated_mlp,
          .conv = shape.mlp_conv,
          .kernel = shape.mlp_kernel};
}

}  // namespace

double count_block_parameters(const BlockShape& shape, const std::string& where) {
  const int64_t embed_dim = shape.attention_shape.embed_dim;
  double parameters = 2 * layer_norm_parameters(embed_dim) + MlpImpl::count_parameters(mlp_shape(shape)) +
                      count_attention_parameters(shape.attention, shape.attention_shape, where);
  if (shape.position_conv) parameters += token_conv_parameters(1, embed_dim);
  if (shape.layer_scale_init > 0) parameters += 2.0 * static_cast<double>(embed_dim);
  return parameters;
}

BlockImpl::BlockImpl(const BlockShape& shape, double drop_path_rate, const std::string& where) {
  const int64_t embed_dim = shape.attention_shape.embed_dim;
  if (shape.position_conv) position_conv_ = register_module("position_conv", PositionConv(embed_dim));
  norm1_ = register_module("norm1", make_layer_norm(embed_dim, shape.norm_eps));
  attention_ = register_module("attention", make_attention(shape.attention, shape.attention_shape, where));
  norm2_ = register_module("norm2", make_layer_norm(embed_dim, shape.norm_eps));
  mlp_ = register_module("mlp", Mlp(mlp_shape(shape)));
  if (shape.layer_scale_init > 0) {
    layer_scale1_ = register_module("layer_scale1", LayerScale(embed_dim, shape.layer_scale_init));
    layer_scale2_ = register_module("layer_scale2", LayerScale(embed_dim, shape.layer_scale_init));
  }
  drop_path_ = register_module("drop_path", DropPath(drop_path_rate));
}

torch::Tensor BlockImpl::forward(torch::Tensor x, const torch::Tensor& token_mass) {
  if (position_conv_) x = position_conv_(x);
  x = add_branch(x, finish_branch(attend_on_grid(x, token_mass), layer_scale1_));
  return zero_masked(add_mlp(std::move(x), token_mass), token_mass);
}

torch::Tensor BlockImpl::forward_sequence(torch::Tensor x, const SequenceGrid& grid) {
  TORCH_CHECK(!position_conv_ && mlp_->is_tokenwise(), "a block with a convolution takes a grid, not a sequence");
  x = add_branch(x, finish_branch(attend(x, grid), layer_scale1_));
  return add_mlp(std::move(x), {});
}

torch::Tensor BlockImpl::add_mlp(torch::Tensor x, const torch::Tensor& token_mass) {
  const auto mlp_branch = [&](const torch::Tensor& tokens) {
    return finish_branch(mlp_(norm2_(tokens), token_mass), layer_scale2_);
  };
  // drop path draws for whole samples, so its branch cannot be cut into tokens
  if (is_training()) return x + mlp_branch(x);
  if (!mlp_->is_tokenwise()) return add_branch(x, mlp_branch(x));
  return add_token_branch(std::move(x), mlp_->width(), mlp_branch);
}

torch::Tensor BlockImpl::attend_on_grid(const torch::Tensor& x, const torch::Tensor& token_mass) {
  if (!observer_ && !call_observer_) return run_on_grid(norm1_(x), token_mass);
  auto normed = norm1_(x);
  if (observer_) observer_(normed);
  if (!call_observer_) return run_on_grid(std::move(normed), token_mass);
  auto output = run_on_grid(normed, token_mass);
  call_observer_({.input = normed.flatten(1, 2),
                  .grid = {.height = normed.size(1), .width = normed.size(2), .rotary = {}, .token_mass = token_mass},
                  .output = output.flatten(1, 2)});
  return output;
}

torch::Tensor BlockImpl::run_on_grid(torch::Tensor normed, const torch::Tensor& token_mass) {
  if (!token_mass.defined()) return attention_->forward(std::move(normed));
  const auto sizes = normed.sizes().vec();
  auto tokens = normed.flatten(1, 2);
  normed.reset();
  const SequenceGrid grid{.height = sizes[1], .width = sizes[2], .rotary = {}, .token_mass = token_mass};
  return attention_->forward_sequence(std::move(tokens), grid).view(sizes);
}

torch::Tensor BlockImpl::attend(const torch::Tensor& x, const SequenceGrid& grid) {
  auto normed = norm1_(x);
  if (observer_) {
    const int64_t count = grid.height * grid.width, prefix = normed.size(1) - count;
    const auto tokens = normed.narrow(1, prefix, count).unflatten(1, {grid.height, grid.width}).contiguous();
    observer_(tokens);
    // joined again: what the observer was given has a gradient, as on a grid
    normed = torch::cat({normed.narrow(1, 0, prefix), tokens.flatten(1, 2)}, 1);
  }
  if (!call_observer_) return attention_->forward_sequence(std::move(normed), grid);
  auto output = attention_->forward_sequence(normed, grid);
  call_observer_({.input = normed, .grid = grid, .output = output});
  return output;
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

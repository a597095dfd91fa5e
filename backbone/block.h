// A pre-norm transformer block.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>
#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/drop_path.h"
#include "backbone/layers/layer_scale.h"
#include "backbone/layers/mlp.h"
#include "backbone/layers/position_conv.h"
#include "backbone/pyramid_config.h"

namespace multipole {

// (B, H, W, embed_dim) -> the same shape:
//   x = position_conv(x)                                               (where the config has it)
//   x = x + drop_path(layer_scale(attention(norm(x))))
//   x = x + drop_path(layer_scale(mlp(norm(x))))
class BlockImpl : public torch::nn::Module {
 public:
  // stage and block: which one, from 0; `block` counts within its stage.
  BlockImpl(const PyramidConfig& config, int64_t stage, int64_t block, double drop_path_rate);

  torch::Tensor forward(torch::Tensor x);

  // Parameter names relative to the block.
  std::vector<std::string> no_weight_decay() const;

 private:
  torch::Tensor finish_branch(const torch::Tensor& branch, LayerScale& layer_scale);

  PositionConv position_conv_{nullptr};
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  std::shared_ptr<Attention> attention_;
  Mlp mlp_{nullptr};
  LayerScale layer_scale1_{nullptr}, layer_scale2_{nullptr};
  DropPath drop_path_{nullptr};
};
TORCH_MODULE(Block);

}  // namespace multipole

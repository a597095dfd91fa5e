// A pre-norm transformer block.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/blocks/block_shape.h"
#include "backbone/layers/drop_path.h"
#include "backbone/layers/layer_scale.h"
#include "backbone/layers/mlp.h"
#include "backbone/layers/position_conv.h"

namespace multipole {

// (B, H, W, embed_dim) -> the same shape:
//   x = position_conv(x)                                               (where the shape has it)
//   x = x + drop_path(layer_scale(attention(norm(x))))
//   x = x + drop_path(layer_scale(mlp(norm(x))))
// With token_mass, (B, H, W) as SequenceGrid has it, masked tokens have to be zero, and are in the result.
class BlockImpl : public torch::nn::Module {
 public:
  // Throws ConfigError, naming `where`, for an attention that does not fit.
  BlockImpl(const BlockShape& shape, double drop_path_rate, const std::string& where);

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& token_mass = {});

  // The same for a sequence of the shape's prefix tokens and those of a grid, (B, prefix + H * W, embed_dim); masked
  // tokens of the result hold anything. Not for a block with a convolution, of positions or in its MLP.
  torch::Tensor forward_sequence(torch::Tensor x, const SequenceGrid& grid);

  // Parameter names relative to the block.
  std::vector<std::string> no_weight_decay() const;

  Attention& attention() const { return *attention_; }

  // Told what the attention is given, of a sequence its grid, (B, H, W, embed_dim), before it computes; an empty
  // function ends that.
  void observe_attention(std::function<void(const torch::Tensor&)> observer) { observer_ = std::move(observer); }

  // Told what the attention was given and gave, after it has computed; an empty function ends that.
  void observe_calls(std::function<void(const AttentionCall&)> observer) { call_observer_ = std::move(observer); }

 private:
  // Of a grid; token_mass may be undefined.
  torch::Tensor attend_on_grid(const torch::Tensor& x, const torch::Tensor& token_mass);
  torch::Tensor run_on_grid(torch::Tensor normed, const torch::Tensor& token_mass);
  torch::Tensor attend(const torch::Tensor& x, const SequenceGrid& grid);
  torch::Tensor add_mlp(torch::Tensor x, const torch::Tensor& token_mass);
  torch::Tensor finish_branch(const torch::Tensor& branch, LayerScale& layer_scale);

  PositionConv position_conv_{nullptr};
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  std::shared_ptr<Attention> attention_;
  Mlp mlp_{nullptr};
  LayerScale layer_scale1_{nullptr}, layer_scale2_{nullptr};
  DropPath drop_path_{nullptr};
  std::function<void(const torch::Tensor&)> observer_;
  std::function<void(const AttentionCall&)> call_observer_;
};
TORCH_MODULE(Block);

}  // namespace multipole

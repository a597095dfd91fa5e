// The backbone: a convolutional stem and four stages of pre-norm transformer blocks, each stage half as fine as the
// one before. A map of stride s has ceil(H / s) x ceil(W / s) tokens; the caller never pads.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/layers/stem.h"
#include "backbone/pyramid_config.h"
#include "backbone/stage.h"

namespace multipole {

// A feature map's channels and the pixels along each side of one of its tokens.
struct FeatureInfo {
  int64_t num_channels = 0;
  int64_t stride = 1;
};

// What the four maps of a pyramid are, finest first.
std::vector<FeatureInfo> feature_info(const PyramidConfig& config);

class PyramidImpl : public torch::nn::Module {
 public:
  // Throws ConfigError where `config` is out of range or the model larger than model_size.h allows.
  explicit PyramidImpl(const PyramidConfig& config);

  // images (B, in_channels, H, W) -> four maps (B, embed_dims[i], ceil(H / stride), ceil(W / stride)), finest first,
  // each layer-normalised over its channels, memory in channels-last order. H and W from 1 up.
  std::vector<torch::Tensor> forward_intermediates(const torch::Tensor& images);

  // The last of the four maps.
  torch::Tensor forward_features(const torch::Tensor& images) { return forward_intermediates(images).back(); }

  // What the four maps are, finest first.
  std::vector<FeatureInfo> feature_info() const { return multipole::feature_info(config_); }

  // Full names of the parameters that weight decay should leave alone: those with one axis (norms, biases, layer
  // scales) and those that the attention mechanism names (bias tables, summary bases).
  std::vector<std::string> no_weight_decay() const;

  // Full names of all parameters, grouped by depth for layer-wise learning rates: the stem, then one group a block.
  // A stage's downsampling stands with its first block and its norm with its last.
  std::vector<std::vector<std::string>> layer_groups() const;

  // In training, keep the input of each stage alone and compute the stage again in the backward pass: less memory for
  // about a third more time. Off at first; results and gradients are the same.
  void set_gradient_checkpointing(bool on) { gradient_checkpointing_ = on; }

  const PyramidConfig& config() const { return config_; }

 private:
  PyramidConfig config_;
  bool gradient_checkpointing_ = false;
  Stem stem_{nullptr};
  std::vector<Stage> stages_;
};
TORCH_MODULE(Pyramid);

}  // namespace multipole

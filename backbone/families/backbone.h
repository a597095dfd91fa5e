// The one interface of every family of backbones: pictures in, feature maps out. Nothing above it knows which family a
// model has; backbone/registry.h makes one from a config.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/attention/attention_cost.h"
#include "backbone/families/images.h"

namespace multipole {

// A feature map's channels and the pixels along each side of one of its tokens.
struct FeatureInfo {
  int64_t num_channels = 0;
  int64_t stride = 1;
};

// Where in a backbone an attention module stands.
struct AttentionPlace {
  std::string name;    // of the module, relative to the backbone: "stages.2.blocks.0.attention"
  int64_t stage = 0;   // from 0; a backbone of one grid has one stage
  int64_t block = 0;   // within its stage, from 0
  int64_t stride = 1;  // pixels along each side of one of its tokens
  AttentionShape shape;
};

// What a forward pass over one picture costs. FLOPs count a multiply-add as two (backbone/attention/attention_cost.h).
struct BackboneCost {
  AttentionCost attention;  // all blocks, projections included
  double flops = 0;         // and everything else: embedding of the pixels, downsampling, MLPs
};

struct BackboneOutput {
  std::vector<torch::Tensor> maps;  // as Backbone::forward_intermediates() gives them
  torch::Tensor embedding;          // as Backbone::embed() does
};

class Backbone : public torch::nn::Module {
 public:
  // images (B, in_channels, H, W), H and W from 1 up -> the maps that feature_info() describes, finest first, each
  // (B, num_channels, ceil(H / stride), ceil(W / stride)), memory in channels-last order. Tokens whose pixels all hold
  // no data are zero, and the border to them is as that of a picture. Throws ConfigError, naming the attention, for
  // pixels without data where takes_validity() is false.
  virtual std::vector<torch::Tensor> forward_intermediates(const Images& images) = 0;

  // Whether pixels may hold no data: whether all attention takes masses.
  virtual bool takes_validity() const { return false; }

  // The last of the maps.
  torch::Tensor forward_features(const Images& images) { return forward_intermediates(images).back(); }

  // One vector a picture, (B, embedding_dim()): what a head that answers for the whole picture may read instead of the
  // maps. A backbone without a pooling of its own gives the mean of its last map. What holds no data is not pooled; a
  // picture of nothing else gives 0 there.
  virtual torch::Tensor embed(const Images& images);
  virtual int64_t embedding_dim() const { return feature_info().back().num_channels; }

  // Both of the above, in one pass where the backbone can.
  virtual BackboneOutput forward_all(const Images& images) {
    return {.maps = forward_intermediates(images), .embedding = embed(images)};
  }

  // How much the tokens of each map count, (B, h, w) each; empty where all do in full.
  std::vector<torch::Tensor> map_masses(const Images& images) const;

  // What the maps are, finest first; never empty.
  virtual std::vector<FeatureInfo> feature_info() const = 0;

  // Whether a token sees in larger pictures about as far as in those that it was made for (Attention::is_bounded()).
  bool is_bounded() const;

  // The side in pixels of the square pictures that it was made for; every other size works too.
  virtual int64_t image_size() const = 0;

  // Full names of the parameters that weight decay should leave alone.
  virtual std::vector<std::string> no_weight_decay() const = 0;

  // Full names of all parameters, grouped by depth for layer-wise learning rates, first layer first.
  virtual std::vector<std::vector<std::string>> layer_groups() const = 0;

  // In training, keep fewer activations and compute them again in the backward pass: less memory for about a third more
  // time. Off at first; results and gradients are the same.
  virtual void set_gradient_checkpointing(bool on) = 0;

  // One picture of height x width pixels.
  virtual BackboneCost cost(int64_t height, int64_t width) const = 0;

  // Calls `visit` for every attention module, in the order of a forward pass.
  virtual void visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const = 0;

  // From now on, `observer` is told what each attention module is given, (B, H, W, C), before it computes; an empty
  // function ends that. For looking into a model: not while several threads run it.
  virtual void observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) = 0;

  // The same for what each was given and gave, after it has computed.
  virtual void observe_attention_calls(
      const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) = 0;
};

}  // namespace multipole

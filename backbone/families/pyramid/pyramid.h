// The backbone: a stem and four stages of pre-norm transformer blocks, each stage half as fine as the
// one before. A map of stride s has ceil(H / s) x ceil(W / s) tokens; the caller never pads.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/families/pyramid/pyramid_config.h"
#include "backbone/families/pyramid/stage.h"
#include "backbone/families/pyramid/stage_embedding.h"

namespace multipole {

// What the four maps of a pyramid are, finest first.
std::vector<FeatureInfo> feature_info(const PyramidConfig& config);

class PyramidImpl : public Backbone {
 public:
  // Throws ConfigError where `config` is out of range or the model larger than model_size.h allows.
  explicit PyramidImpl(const PyramidConfig& config);

  // Four maps of embed_dims[i] channels, layer-normalised over them where the stage has a norm.
  std::vector<torch::Tensor> forward_intermediates(const Images& images) override;
  bool takes_validity() const override;

  std::vector<FeatureInfo> feature_info() const override { return multipole::feature_info(config_); }
  int64_t image_size() const override { return config_.image_size; }

  // Those with one axis (norms, biases, layer scales) and those that the attention mechanism names (bias tables,
  // summary bases).
  std::vector<std::string> no_weight_decay() const override;

  // The stem, then one group a block. A stage's downsampling stands with its first block and its norm with its last.
  std::vector<std::vector<std::string>> layer_groups() const override;

  // Keeps the input of each stage alone.
  void set_gradient_checkpointing(bool on) override { gradient_checkpointing_ = on; }

  BackboneCost cost(int64_t height, int64_t width) const override;
  void visit_attention(const std::function<void(const AttentionPlace&, Attention&)>& visit) const override;
  void observe_attention(const std::function<void(const AttentionPlace&, const torch::Tensor&)>& observer) override;
  void observe_attention_calls(
      const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer) override;

  const PyramidConfig& config() const { return config_; }

 private:
  void require_masses_for_validity() const;
  AttentionPlace place_of(int64_t stage, int64_t block) const;

  PyramidConfig config_;
  bool gradient_checkpointing_ = false;
  StageEmbedding embedding_;  // of the first stage, its module registered as "stem"
  std::vector<Stage> stages_;
};
TORCH_MODULE(Pyramid);

}  // namespace multipole

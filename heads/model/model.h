// Backbone and head as one module: images in, logits out.
#pragma once

#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "backbone/families/trained_model.h"
#include "heads/head.h"
#include "heads/model/model_config.h"

namespace multipole {

// Parameters are named "backbone.<...>" and "head.<...>".
class VisionModelImpl : public TrainedModelImpl {
 public:
  // Throws ConfigError where `config` is wrong; num_classes must be set.
  explicit VisionModelImpl(const ModelConfig& config);

  // What the head reads of the pictures: the backbone's maps, or its embedding as one map (B, embedding_dim, 1, 1).
  FeatureMaps features(const Images& images);
  bool reads_embedding() const { return reads_embedding_; }

  // (B, 3, H, W) floating point, any H and W from 1 up -> the head's logits. Those of pixels without data mean nothing.
  torch::Tensor forward(const Images& images);

  // The same and, in training, the logits of the head's auxiliary classifiers.
  std::vector<torch::Tensor> forward_all(const Images& images);

  std::vector<std::string> no_weight_decay() const override;
  std::vector<std::vector<std::string>> layer_groups() const override;
  void set_gradient_checkpointing(bool on) override { backbone_->set_gradient_checkpointing(on); }

  const ModelConfig& config() const { return config_; }
  const std::shared_ptr<Backbone>& backbone() { return backbone_; }
  const Backbone& backbone() const { return *backbone_; }
  Head& head() { return *head_; }

 private:
  ModelConfig config_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<Head> head_;
  bool reads_embedding_ = false;
};
TORCH_MODULE(VisionModel);

}  // namespace multipole

// Backbone and head as one module: images in, logits out.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbone/families/backbone.h"
#include "heads/head.h"
#include "heads/model/model_config.h"

namespace multipole {

// Parameters are named "backbone.<...>" and "head.<...>".
class VisionModelImpl : public torch::nn::Module {
 public:
  // Throws ConfigError where `config` is wrong; num_classes must be set.
  explicit VisionModelImpl(const ModelConfig& config);

  // What the head reads of the pictures: the backbone's maps, or its embedding as one map (B, embedding_dim, 1, 1).
  std::vector<torch::Tensor> features(const torch::Tensor& images);
  bool reads_embedding() const { return reads_embedding_; }

  // (B, 3, H, W) floating point, any H and W from 1 up -> the head's logits.
  torch::Tensor forward(const torch::Tensor& images);

  // The same and, in training, the logits of the head's auxiliary classifiers.
  std::vector<torch::Tensor> forward_all(const torch::Tensor& images);

  // Full names of the parameters that weight decay must leave alone (beyond biases and norms).
  std::vector<std::string> no_weight_decay() const;

  // Full parameter names, stem first and head last, for layer-wise learning rates.
  std::vector<std::vector<std::string>> layer_groups() const;

  int64_t num_parameters() const;
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

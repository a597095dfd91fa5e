// A language model of bytes: a decoder-only transformer whose attention is any causal mechanism of the registry.
#pragma once

#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "backbone/blocks/block.h"
#include "backbone/families/sequence/sequence_config.h"
#include "backbone/families/trained_model.h"
#include "backbone/layers/linear.h"

namespace multipole {

// Parameters of the model that `config` describes, without making it.
double count_parameters(const SequenceConfig& config);

class SequenceModelImpl : public TrainedModelImpl {
 public:
  // Throws ConfigError where `config` is out of range, its attention is not causal or the model is larger than
  // model_size.h allows.
  explicit SequenceModelImpl(const SequenceConfig& config);

  // bytes (B, n) int64 in [0, 255], n from 1 to context -> logits (B, n, 256) of the byte after each.
  torch::Tensor forward(const torch::Tensor& bytes);

  std::vector<std::string> no_weight_decay() const override;
  std::vector<std::vector<std::string>> layer_groups() const override;
  void set_gradient_checkpointing(bool on) override { gradient_checkpointing_ = on; }

  const SequenceConfig& config() const { return config_; }  // with every default of its attention

 private:
  SequenceConfig config_;
  torch::Tensor byte_embedding_;      // (256, embed_dim)
  torch::Tensor position_embedding_;  // (context, embed_dim)
  std::vector<Block> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
  Linear head_{nullptr};
  bool gradient_checkpointing_ = false;
};
TORCH_MODULE(SequenceModel);

}  // namespace multipole

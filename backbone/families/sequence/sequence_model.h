// A language model of bytes: a decoder-only transformer whose attention is any causal mechanism of the registry.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "backbone/blocks/block.h"
#include "backbone/families/sequence/sequence_config.h"
#include "backbone/layers/linear.h"

namespace multipole {

// Parameters of the model that `config` describes, without making it.
double count_parameters(const SequenceConfig& config);

class SequenceModelImpl : public torch::nn::Module {
 public:
  // Throws ConfigError where `config` is out of range, its attention is not causal or the model is larger than
  // model_size.h allows.
  explicit SequenceModelImpl(const SequenceConfig& config);

  // bytes (B, n) int64 in [0, 255], n from 1 to context -> logits (B, n, 256) of the byte after each.
  torch::Tensor forward(const torch::Tensor& bytes);

  // Full names of the parameters that weight decay should leave alone.
  std::vector<std::string> no_weight_decay() const;

  int64_t num_parameters() const;
  const SequenceConfig& config() const { return config_; }  // with every default of its attention

 private:
  SequenceConfig config_;
  torch::Tensor byte_embedding_;      // (256, embed_dim)
  torch::Tensor position_embedding_;  // (context, embed_dim)
  std::vector<Block> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
  Linear head_{nullptr};
};
TORCH_MODULE(SequenceModel);

}  // namespace multipole

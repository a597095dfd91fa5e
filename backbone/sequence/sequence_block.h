// A pre-norm transformer block over a sequence.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/layers/mlp.h"
#include "backbone/sequence/sequence_config.h"

namespace multipole {

// (B, n, embed_dim) -> the same shape: x = x + attention(norm(x)), then x = x + mlp(norm(x)). The mechanism is the
// vision backbone's, on a grid of one row.
class SequenceBlockImpl : public torch::nn::Module {
 public:
  // Throws ConfigError where the mechanism is not causal.
  SequenceBlockImpl(const SequenceConfig& config, int64_t block);

  static double count_parameters(const SequenceConfig& config);

  torch::Tensor forward(const torch::Tensor& x);

  // Parameter names relative to the block.
  std::vector<std::string> no_weight_decay() const;

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  std::shared_ptr<Attention> attention_;
  Mlp mlp_{nullptr};
};
TORCH_MODULE(SequenceBlock);

}  // namespace multipole

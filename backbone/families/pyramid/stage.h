// A stage of the backbone: blocks of one width on one grid.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "backbone/blocks/block.h"
#include "backbone/families/pyramid/pyramid_config.h"
#include "backbone/families/pyramid/stage_embedding.h"

namespace multipole {

// Every stage but the first halves the grid (stage_embedding.h), then come its blocks, then, where the config has it, a
// layer norm. The normalised map is both what the stage gives out and what the next one downsamples, so no norm is
// idle. (B, H, W, C) -> (B, ceil(H / 2), ceil(W / 2), embed_dims[stage]); the first stage keeps H and W.
// With token_mass (B, H, W), that of what comes out, masked tokens have to be zero and are in the result.
class StageImpl : public torch::nn::Module {
 public:
  // drop_path_rates: one a block.
  StageImpl(const PyramidConfig& config, int64_t stage, const std::vector<double>& drop_path_rates);

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& token_mass = {});

  // Parameter names relative to the stage.
  std::vector<std::string> no_weight_decay() const;

  // All parameter names relative to the stage, one group a block.
  std::vector<std::vector<std::string>> layer_groups() const;

  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  StageEmbedding embedding_;  // its module registered as "downsample"; none in the first stage
  std::vector<Block> blocks_;
  torch::nn::LayerNorm norm_{nullptr};  // null where the stage has none
};
TORCH_MODULE(Stage);

}  // namespace multipole

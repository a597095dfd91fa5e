// The one interface of every attention mechanism; mechanisms/registry.h makes one from a config.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backbone/attention/attention_cost.h"

namespace multipole {

// What a mechanism needs to know of the place that it is used in.
struct AttentionShape {
  int64_t embed_dim = 0;
  int64_t num_heads = 1;
  // Tokens along a side of the nominal picture. Parameters that depend on the grid are made for this size; every
  // other size works too.
  int64_t grid_size = 1;
  // Which block of its stage, from 0: some mechanisms take turns (shifted windows, dilated neighborhoods).
  int64_t block = 0;
};

// Mixes tokens: (B, H, W, embed_dim) -> (B, H, W, embed_dim), contiguous, any H and W from 1 up. The result has memory
// of its own: without a graph, the block that asked writes its sum there. forward() owns x, so that a caller who moves
// it in lets it be freed as soon as nothing more is read from it: before the largest activations, most often.
//
// A mechanism also has a type Config (base/fields.h) and counts its parameters without making them:
//   static double count_parameters(const Config& config, const AttentionShape& shape);
class Attention : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(torch::Tensor x) = 0;

  // What one forward pass over a picture of height x width tokens costs, projections included.
  virtual AttentionCost cost(int64_t height, int64_t width) const = 0;

  // A token's result depends on no token after it, row by row: what a language model needs.
  virtual bool is_causal() const { return false; }

  // Parameters that weight decay should leave alone, beyond those with one axis: names relative to this module.
  virtual std::vector<std::string> no_weight_decay() const { return {}; }
};

}  // namespace multipole

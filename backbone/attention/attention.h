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
  // Tokens before the grid's that stand outside of it: class token, registers. Only mechanisms that take sequences
  // allow any.
  int64_t prefix_tokens = 0;
};

// Where the tokens of a sequence stand: its last height * width tokens are a grid, row by row.
struct SequenceGrid {
  int64_t height = 0, width = 0;
  // Undefined, or (2, height * width, head_dim): cosines and sines that turn queries and keys of the grid
  // (backbone/layers/rotary.h).
  torch::Tensor rotary;
  // Undefined, or (B, height, width) floating: how much of each token of the grid counts, from 0 to 1. One of mass 0 is
  // masked: nothing depends on what it holds, NaN included, and its own result is zero. 1 everywhere is as undefined.
  // Only mechanisms that take masses allow it.
  torch::Tensor token_mass = {};
};

// What an attention module was given and gave: sequences (B, prefix_tokens + height * width, embed_dim). The output's
// memory is written over as soon as whoever was told of the call returns.
struct AttentionCall {
  torch::Tensor input;
  SequenceGrid grid;
  torch::Tensor output;
};

// Mixes tokens: (B, H, W, embed_dim) -> (B, H, W, embed_dim), contiguous, any H and W from 1 up. The result has memory
// of its own: without a graph, the block that asked writes its sum there. forward() owns x, so that a caller who moves
// it in lets it be freed as soon as nothing more is read from it: before the largest activations, most often.
//
// A mechanism also has a type Config (base/fields.h) and counts its parameters without making them:
//   static double count_parameters(const Config& config, const AttentionShape& shape);
// and where it takes tokens outside of the grid, or rotary positions:
//   static constexpr bool kTakesSequences = true;
// and where tokens may count for less than one:
//   static constexpr bool kTakesMasses = true;
class Attention : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(torch::Tensor x) = 0;

  // The same for a sequence, (B, prefix_tokens + height * width, embed_dim), contiguous: every token of the grid sees
  // the prefix tokens too, and those see all. A mechanism that does not say how takes a bare grid only, with masses
  // where it has forward_masked().
  virtual torch::Tensor forward_sequence(torch::Tensor x, const SequenceGrid& grid);

  // What one forward pass over a picture of height x width tokens costs, prefix tokens and projections included.
  virtual AttentionCost cost(int64_t height, int64_t width) const = 0;

  // A token's result depends on no token after it, row by row: what a language model needs.
  virtual bool is_causal() const { return false; }

  // A token of a grid larger than the nominal one sees about as far as one of the nominal grid.
  virtual bool is_bounded() const { return false; }

  // Parameters that weight decay should leave alone, beyond those with one axis: names relative to this module.
  virtual std::vector<std::string> no_weight_decay() const { return {}; }

 protected:
  // forward() with token_mass (B, H, W) as SequenceGrid has it, not 1 everywhere.
  virtual torch::Tensor forward_masked(torch::Tensor x, const torch::Tensor& token_mass);

  // The masses of a sequence of a grid and `prefix` tokens before it, which count in full, (B, prefix + height *
  // width); undefined where all tokens do.
  static torch::Tensor sequence_mass(const SequenceGrid& grid, int64_t prefix);
};

}  // namespace multipole

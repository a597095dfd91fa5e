// How the tokens of a grid are seen from afar in multipole2d attention: their summaries at every far level.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/attention/mechanisms/multipole2d_config.h"
#include "backbone/attention/summary_basis.h"

namespace multipole {

// Queries, keys and values of a grid.
struct GridTokens {
  torch::Tensor q, k, v;    // each (B, H, W, num_heads, head_dim)
  torch::Tensor packed;     // (B, H, W, 3 * embed_dim), the three side by side; undefined where they do not lie so
  torch::Tensor mass = {};  // (B, H, W) as attention2d takes it; undefined: 1
};

// What multipole::attention2d takes as q_far, k_far, v_far and far_mass, the finest level first.
struct FarSummaries {
  std::vector<torch::Tensor> q, k, v;  // each (B, Hl, Wl, rank, num_heads, head_dim); q empty unless linear
  std::vector<torch::Tensor> mass;     // (B, Hl, Wl, rank, num_heads); empty where sub-cells say it
};

// By learned bases (summary_basis.h), or of clusters, which have no parameters.
class Multipole2dSummaries {
 public:
  // Registers its parameters with `owner`.
  Multipole2dSummaries(const Multipole2dConfig& config, const AttentionShape& shape, torch::nn::Module& owner);

  static double count_parameters(const Multipole2dConfig& config, const AttentionShape& shape);

  // key_mass: of keys and values, tokens.mass or (B, H, W, num_heads) where hot tokens left the grid
  FarSummaries summarize(const GridTokens& tokens, const torch::Tensor& key_mass) const;

  // Of the summaries, without what is made of them.
  AttentionCost cost(int64_t height, int64_t width) const;

 private:
  void summarize_by_basis(const GridTokens& tokens, const torch::Tensor& key_mass, int64_t levels,
                          FarSummaries& far) const;

  Multipole2dConfig config_;
  AttentionShape shape_;
  std::unique_ptr<SummaryBasis> basis_;  // none where summaries are clusters
};

}  // namespace multipole

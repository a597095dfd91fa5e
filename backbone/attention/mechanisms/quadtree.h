// Coarse to fine attention: Tang et al., "QuadTree Attention for Vision Transformers", arXiv 2201.02767.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct QuadtreeConfig : ProjectionConfig {
  std::string type = "quadtree";
  int64_t levels = 3;
  int64_t top_k = 8;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("levels", self.levels, "grids of the pyramid, the tokens' own included; each halves the one below");
    field("top_k", self.top_k, "keys of a level whose children a query's children see");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// QuadTree-B (section 3.2): queries, keys and values are averaged to coarser grids. On the coarsest one every query
// sees every key; on each finer grid a query sees the four children of each of the top_k keys that its parent weighed
// most. A token's result is the sum over the levels of its ancestors' results, weighed by a learned softmax over
// levels.
class QuadtreeAttention : public ProjectedAttention {
 public:
  using Config = QuadtreeConfig;

  QuadtreeAttention(const QuadtreeConfig& config, const AttentionShape& shape);

  static double count_parameters(const QuadtreeConfig& config, const AttentionShape& shape);

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;

  QuadtreeConfig config_;
  torch::Tensor level_weight_;  // (levels), finest first
};

}  // namespace multipole

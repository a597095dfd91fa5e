// Causal attention through convolutions: Gu, Liang, Sha, Shi, Song, "Conv-Basis: A New Paradigm for Efficient Attention
// Inference and Gradient Computation in Transformers", arXiv 2405.05219.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct ConvBasisConfig : ProjectionConfig {
  std::string type = "conv_basis";
  double tolerance = 0.1;
  int64_t max_basis = 8;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("tolerance", self.tolerance, "largest error of a score; 0: exact causal attention");
    field("max_basis", self.max_basis, "most convolutions; 0: as many as the tolerance takes");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// multipole::conv_basis_attention over the grid read row by row: each token sees itself and the tokens before it.
class ConvBasisAttention : public ProjectedAttention {
 public:
  using Config = ConvBasisConfig;

  ConvBasisAttention(const ConvBasisConfig& config, const AttentionShape& shape);

  bool is_causal() const override { return true; }

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;

  ConvBasisConfig config_;
};

}  // namespace multipole

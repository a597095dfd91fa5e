// Attention with a kernel in place of the softmax: Katharopoulos et al., "Transformers are RNNs", arXiv 2006.16236.
#pragma once

#include <torch/types.h>

#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct LinearAttentionConfig : ProjectionConfig {
  std::string type = "linear";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const { validate_projection(where); }
};

// f(q) (sum over keys of f(k)^T v) / (f(q) sum over keys of f(k)^T) with f(x) = elu(x) + 1 (equations 5 and 7), O(n).
class LinearAttention : public ProjectedAttention {
 public:
  using Config = LinearAttentionConfig;

  LinearAttention(const LinearAttentionConfig& config, const AttentionShape& shape);

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;
};

}  // namespace multipole

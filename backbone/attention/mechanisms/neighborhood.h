// Attention to the nearest tokens: Hassani et al., "Neighborhood Attention Transformer", arXiv 2204.07143, and its
// dilated form, Hassani and Shi, arXiv 2209.15001.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct NeighborhoodConfig : ProjectionConfig {
  std::string type = "neighborhood";
  int64_t kernel = 7;
  int64_t dilation = 1;
  bool bias = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("kernel", self.kernel, "tokens along each side of a neighborhood: odd");
    field("dilation", self.dilation,
          "step between the tokens of a neighborhood in every second block of a stage; the others have 1");
    field("bias", self.bias, "learned bias by relative position");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Each token attends to the kernel x kernel tokens around it. Near a border the neighborhood moves inwards and keeps
// its size; an axis shorter than the kernel is seen whole. A dilated neighborhood holds tokens whose distance along
// each axis is a multiple of the dilation.
class NeighborhoodAttention : public ProjectedAttention {
 public:
  using Config = NeighborhoodConfig;

  NeighborhoodAttention(const NeighborhoodConfig& config, const AttentionShape& shape);

  static double count_parameters(const NeighborhoodConfig& config, const AttentionShape& shape);

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;
  int64_t dilation() const { return shape().block % 2 == 1 ? config_.dilation : 1; }

  NeighborhoodConfig config_;
  torch::Tensor bias_;  // (num_heads, 2 kernel - 1, 2 kernel - 1) by offset in steps; undefined without bias
};

}  // namespace multipole

// Attention within windows: Liu et al., "Swin Transformer", arXiv 2103.14030.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct WindowConfig : ProjectionConfig {
  std::string type = "window";
  int64_t window = 7;
  bool shift = true;
  bool bias = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("window", self.window, "tokens along each side of a window");
    field("shift", self.shift, "every second block of a stage shifts its windows by half a window");
    field("bias", self.bias, "learned bias by relative position (equation 4)");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// softmax(q k^T / sqrt(d) + bias) v among the tokens of a window.
class WindowAttention : public ProjectedAttention {
 public:
  using Config = WindowConfig;

  WindowAttention(const WindowConfig& config, const AttentionShape& shape);

  static double count_parameters(const WindowConfig& config, const AttentionShape& shape);

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;
  int64_t shift() const;

  WindowConfig config_;
  torch::Tensor bias_;  // (num_heads, 2 window - 1, 2 window - 1); undefined without bias
};

}  // namespace multipole

// Attention within windows: Liu et al., "Swin Transformer", arXiv 2103.14030.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct WindowConfig : ProjectionConfig {
  std::string type = "window";
  int64_t window = 7;
  bool shift = true;
  bool bias = true;
  std::string padding = "unseen";
  std::string shift_axes = "each";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("window", self.window, "tokens along each side of a window");
    field("shift", self.shift, "every second block of a stage shifts its windows by half a window");
    field("bias", self.bias, "learned bias by relative position (equation 4)");
    field(
        "padding", self.padding,
        "what fills up windows at the border: unseen (tokens that count for nothing), or zeros before the projection, "
        "seen as keys and values: before_shift (below and right of the grid) or after_shift (below and right of the "
        "grid rolled by the shift)");
    field(
        "shift_axes", self.shift_axes,
        "where windows shift: each (the axes longer than a window), both (both axes, where both are longer) or always");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// softmax(q k^T / sqrt(d) + bias) v among the tokens of a window. On a grid of whole windows every padding is the same.
// Masked tokens are as unseen as the filling of "unseen", which is therefore what a grid that ends there has.
class WindowAttention : public ProjectedAttention {
 public:
  using Config = WindowConfig;
  static constexpr bool kTakesMasses = true;

  WindowAttention(const WindowConfig& config, const AttentionShape& shape);

  static double count_parameters(const WindowConfig& config, const AttentionShape& shape);

  torch::Tensor forward(torch::Tensor x) override;
  AttentionCost cost(int64_t height, int64_t width) const override;

 protected:
  torch::Tensor forward_masked(torch::Tensor x, const torch::Tensor& token_mass) override;

 private:
  torch::Tensor attend_filled(torch::Tensor x, torch::Tensor token_mass);
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;
  // Tokens along an axis once it is filled up to whole windows.
  int64_t filled(int64_t tokens) const;
  // Of y and x; the same for a grid and for what it is filled up to.
  std::array<int64_t, 2> shifts(int64_t height, int64_t width) const;

  WindowConfig config_;
  torch::Tensor bias_;  // (num_heads, 2 window - 1, 2 window - 1); undefined without bias
};

}  // namespace multipole

// Windowed attention at every scale: Colagrande et al., "Linear Attention with Global Context: A Multipole Attention
// Mechanism for Vision and Physics" (MANO), arXiv 2507.02748.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/attention/projected_attention.h"

namespace multipole {

struct ManoConfig : ProjectionConfig {
  std::string type = "mano";
  int64_t window = 4;
  std::optional<int64_t> levels = std::nullopt;
  bool bias = true;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("window", self.window, "tokens along each side of a window, at every level");
    field("levels", self.levels, "scales, the grid itself included; null: until one window covers the grid");
    field("bias", self.bias, "learned bias by relative position, shared by the levels");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// x_1 is the grid and x_(l+1) = down(x_l), a 2 x 2 convolution of stride 2. The same windowed attention runs at every
// level, and the results are summed on the way up: y_l = attention(x_l) + up(y_(l+1)), up a transposed convolution.
// Attention, down and up each have one set of weights for all levels.
class ManoAttention : public Attention {
 public:
  using Config = ManoConfig;

  ManoAttention(const ManoConfig& config, const AttentionShape& shape);

  static double count_parameters(const ManoConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up; a ragged border is filled up with zeros.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;
  std::vector<std::string> no_weight_decay() const override;

 private:
  torch::Tensor attend(const torch::Tensor& x);
  torch::Tensor down(const torch::Tensor& x);
  torch::Tensor up(const torch::Tensor& x, int64_t height, int64_t width);

  ManoConfig config_;
  AttentionShape shape_;
  Linear qkv_{nullptr}, proj_{nullptr}, down_{nullptr}, up_{nullptr};
  torch::Tensor bias_;  // (num_heads, 2 window - 1, 2 window - 1); undefined without bias
};

}  // namespace multipole

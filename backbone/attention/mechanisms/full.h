// Full softmax attention: every token attends to every token, O(n^2). What the other mechanisms approximate.
#pragma once

#include <torch/types.h>

#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"

namespace multipole {

struct FullAttentionConfig {
  std::string type = "full";
  bool qkv_bias = true;
  double proj_drop = 0.0;
  bool causal = false;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("qkv_bias", self.qkv_bias, "bias of the query, key and value projection");
    field("proj_drop", self.proj_drop, "dropout after the output projection");
    field("causal", self.causal, "a token sees only itself and the tokens before it, row by row");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Knows nothing of positions itself: they come from the backbone's position convolutions.
class FullAttention : public Attention {
 public:
  using Config = FullAttentionConfig;

  FullAttention(const FullAttentionConfig& config, const AttentionShape& shape);

  static double count_parameters(const FullAttentionConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;
  bool is_causal() const override { return config_.causal; }

 private:
  // (B, H, W, 3 * embed_dim) -> (B, H * W, num_heads, head_dim)
  torch::Tensor mix(const torch::Tensor& packed) const;

  FullAttentionConfig config_;
  AttentionShape shape_;
  Linear qkv_{nullptr}, proj_{nullptr};
};

}  // namespace multipole

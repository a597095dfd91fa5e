// Full softmax attention: every token attends to every token, O(n^2). What the other mechanisms approximate.
#pragma once

#include <torch/types.h>

#include <string>

#include "backbone/attention/attention.h"
#include "backbone/attention/query_key_norm.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"

namespace multipole {

struct FullAttentionConfig {
  std::string type = "full";
  bool qkv_bias = true;
  double proj_drop = 0.0;
  bool causal = false;
  bool qk_norm = false;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("qkv_bias", self.qkv_bias, "bias of the query, key and value projection");
    field("proj_drop", self.proj_drop, "dropout after the output projection");
    field("causal", self.causal, "a token sees only itself and the tokens before it, row by row");
    field("qk_norm", self.qk_norm, "layer norm of each head's queries and keys");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Knows nothing of positions itself: they come from the backbone's position convolutions, from what it adds to tokens,
// or from the rotary tables of a sequence.
class FullAttention : public Attention {
 public:
  using Config = FullAttentionConfig;
  static constexpr bool kTakesSequences = true;
  static constexpr bool kTakesMasses = true;

  FullAttention(const FullAttentionConfig& config, const AttentionShape& shape);

  static double count_parameters(const FullAttentionConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;
  torch::Tensor forward_sequence(torch::Tensor x, const SequenceGrid& grid) override;

  AttentionCost cost(int64_t height, int64_t width) const override;
  bool is_causal() const override { return config_.causal; }

 private:
  // (B, ..., embed_dim) -> the same shape; mass (B, tokens), or undefined
  torch::Tensor attend(torch::Tensor x, const torch::Tensor& rotary, const torch::Tensor& mass);
  // (B, ..., 3 * embed_dim) -> (B, tokens, num_heads, head_dim)
  torch::Tensor mix(const torch::Tensor& packed, const torch::Tensor& rotary, const torch::Tensor& mass);
  // What masses add to scores, with what a causal one does not see: (B, 1, 1 or tokens, tokens).
  torch::Tensor score_bias(const torch::Tensor& mass) const;

  FullAttentionConfig config_;
  AttentionShape shape_;
  Linear qkv_{nullptr}, proj_{nullptr};
  QueryKeyNorm norm_;
};

}  // namespace multipole

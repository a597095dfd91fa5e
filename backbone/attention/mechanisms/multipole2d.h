// 2D Fast Multipole Attention as a layer: Kang, Tran, De Sterck, arXiv 2310.11960v4.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/attention/mechanisms/multipole2d_config.h"
#include "backbone/attention/mechanisms/multipole2d_summaries.h"
#include "backbone/attention/query_key_norm.h"
#include "backbone/layers/linear.h"

namespace multipole {

// Queries, keys and values come from one linear layer; far tokens are summarised (multipole2d_summaries.h), all attend
// by multipole::attention2d and go through an output projection.
//
// Prefix tokens are further keys of every query of the grid, without a bias, in the same softmax; their own queries see
// all tokens one by one. So do the grid's where it has no far level, or at most full_up_to tokens: full attention, but
// for a bias. With hot tokens
// (multipole::hot_tokens2d; which tokens are hot has no gradient, what they hold does) those leave the grid's keys and
// stand with the prefix. A picture has no more of them than tokens that are not masked.
//
// Parameters exist for max_levels far levels. A larger grid has more: the further levels reuse the last level's far
// bias, or none where there is none, and summarise as summary_basis.h says; they reuse the last level's gates, too.
// With `reach` nominal the further levels are not seen, so that a token of a large picture sees as far as in training.
//
// The gates (far_gate) of a level multiply the channels of its summaries' keys and values, 1 at first, and where there
// is no bias add one to the far scores, 0 at first. They act on far summaries alone, so that the answer stays that of
// full attention where there are none.
class Multipole2dAttention : public Attention {
 public:
  using Config = Multipole2dConfig;
  static constexpr bool kTakesSequences = true;
  static constexpr bool kTakesMasses = true;

  Multipole2dAttention(const Multipole2dConfig& config, const AttentionShape& shape);

  static double count_parameters(const Multipole2dConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;
  torch::Tensor forward_sequence(torch::Tensor x, const SequenceGrid& grid) override;

  // Counts the cells of the middle: 9 near ones and an interaction list of 27 a level.
  AttentionCost cost(int64_t height, int64_t width) const override;

  bool is_bounded() const override { return config_.is_bounded(); }

  std::vector<std::string> no_weight_decay() const override;

 private:
  // (B, prefix + H * W, 3 * embed_dim) -> (B, prefix + H * W, num_heads, head_dim); mass (B, prefix + H * W), or
  // undefined
  torch::Tensor mix(const torch::Tensor& packed, const SequenceGrid& grid, const torch::Tensor& mass);
  // k_prefix, v_prefix: (B, prefix, num_heads, head_dim), undefined without any -> (B, H, W, num_heads, head_dim)
  torch::Tensor attend_on_grid(const GridTokens& tokens, torch::Tensor k_prefix, torch::Tensor v_prefix) const;
  // The same with so many hot tokens.
  torch::Tensor attend_with_hot(const GridTokens& tokens, torch::Tensor k_prefix, torch::Tensor v_prefix,
                                int64_t count) const;
  std::vector<torch::Tensor> far_bias_for(int64_t levels) const;
  void apply_gates(FarSummaries& far) const;
  // Whether a grid of this size is seen in full.
  bool sees_one_by_one(int64_t height, int64_t width) const;
  // Hot tokens of a grid of this size.
  int64_t hot_tokens(int64_t height, int64_t width) const;

  Multipole2dConfig config_;
  AttentionShape shape_;
  Linear qkv_{nullptr}, proj_{nullptr};
  QueryKeyNorm norm_;
  std::optional<Multipole2dSummaries> summaries_;  // registers its parameters after the projections
  torch::Tensor near_bias_;                        // (num_heads, 4 cell - 1, 4 cell - 1); undefined without bias
  std::vector<torch::Tensor> far_bias_;            // max_levels times (num_heads, 7, 7)
  std::vector<torch::Tensor> far_key_gate_, far_value_gate_;  // max_levels times (num_heads, head_dim)
};

}  // namespace multipole

// What most mechanisms share: one linear layer to queries, keys and values, and one from the heads' results.
#pragma once

#include <torch/types.h>

#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"

namespace multipole {

// The fields of both layers. A mechanism's config derives from this, lists them by projection_fields and checks them
// by validate_projection.
struct ProjectionConfig {
  bool qkv_bias = true;
  double proj_drop = 0.0;

  template <class Self, class Field>
  static void projection_fields(Self& self, Field&& field) {
    field("qkv_bias", self.qkv_bias, "bias of the query, key and value projection");
    field("proj_drop", self.proj_drop, "dropout after the output projection");
  }
  void validate_projection(const std::string& where) const;
};

// Queries, keys and values of a grid, each (B, H, W, num_heads, head_dim).
struct ProjectedTokens {
  torch::Tensor q, k, v;
  torch::Tensor mass = {};  // (B, H, W) where a mechanism takes masses and got some; undefined: 1
};

class ProjectedAttention : public Attention {
 public:
  ProjectedAttention(const ProjectionConfig& config, const AttentionShape& shape);

  // Of the two layers; a mechanism that adds parameters adds to this.
  static double count_parameters(const ProjectionConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  AttentionCost cost(int64_t height, int64_t width) const override;

  // Bias tables, bases and level weights: every parameter that a mechanism adds to the two layers.
  std::vector<std::string> no_weight_decay() const final;

 protected:
  // forward() with masses or, undefined, without: a mechanism that takes them calls it from forward_masked().
  torch::Tensor attend(torch::Tensor x, const torch::Tensor& token_mass);

  // The mechanism itself: (B, H, W, num_heads, head_dim) for each token's result.
  virtual torch::Tensor mix(const ProjectedTokens& tokens) = 0;
  virtual AttentionCost mixing_cost(int64_t height, int64_t width) const = 0;

  const AttentionShape& shape() const { return shape_; }
  int64_t head_dim() const { return shape_.embed_dim / shape_.num_heads; }

 private:
  AttentionShape shape_;
  double proj_drop_;
  Linear qkv_{nullptr}, proj_{nullptr};
};

}  // namespace multipole

// 2D Fast Multipole Attention as a layer: Kang, Tran, De Sterck, arXiv 2310.11960v4.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backbone/attention/attention.h"
#include "backbone/attention/summary_basis.h"
#include "backbone/layers/linear.h"
#include "base/fields.h"

namespace multipole {

struct Multipole2dConfig {
  std::string type = "multipole2d";
  int64_t cell = 4;
  int64_t rank = 4;
  std::string variant = "linear";
  std::string basis = "hierarchical";
  bool bias = true;
  bool log_mass = true;
  bool qkv_bias = true;
  double proj_drop = 0.0;
  std::optional<int64_t> max_levels = std::nullopt;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("cell", self.cell, "tokens along each side of a finest cell; the near field is 3 x 3 cells");
    field("rank", self.rank, "summaries a far cell is seen through: a perfect square of at most cell * cell");
    field("variant", self.variant, "linear: queries of far levels are summarised too, O(n); log-linear: they are not");
    field("basis", self.basis,
          "hierarchical: summaries are made of those of the level below; direct: each level's from the tokens");
    field("bias", self.bias, "learned bias by relative position, near and far");
    field("log_mass", self.log_mass,
          "a summary counts as many keys as it has tokens; false: as one (at a ragged border as its share of one)");
    field("qkv_bias", self.qkv_bias, "bias of the query, key and value projection");
    field("proj_drop", self.proj_drop, "dropout after the output projection");
    field("max_levels", self.max_levels,
          "far levels with parameters of their own; null: as many as the nominal grid has");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;

  bool is_linear() const { return variant == "linear"; }
};

// Queries, keys and values come from one linear layer, are summarised by learned depthwise bases that start as means,
// attend by multipole::attention2d and go through an output projection.
//
// Parameters exist for max_levels far levels. A larger grid has more: the further levels reuse the last level's far
// bias, or none where there is none, and summarise as summary_basis.h says.
class Multipole2dAttention : public Attention {
 public:
  using Config = Multipole2dConfig;

  Multipole2dAttention(const Multipole2dConfig& config, const AttentionShape& shape);

  static double count_parameters(const Multipole2dConfig& config, const AttentionShape& shape);

  // (B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W from 1 up.
  torch::Tensor forward(torch::Tensor x) override;

  // Counts the cells of the middle: 9 near ones and an interaction list of 27 a level.
  AttentionCost cost(int64_t height, int64_t width) const override;

  std::vector<std::string> no_weight_decay() const override;

 private:
  // The queries, keys and values of a far level, finest level first; queries stay empty in the log-linear variant.
  struct Summaries {
    std::vector<torch::Tensor> q, k, v;  // each (B, Hl, Wl, rank, num_heads, head_dim)
  };

  // (B, H, W, 3 * embed_dim) -> (B, H, W, num_heads, head_dim)
  torch::Tensor mix(const torch::Tensor& qkv) const;
  Summaries summarize(const torch::Tensor& qkv, int64_t levels) const;
  std::vector<torch::Tensor> far_bias_for(int64_t levels) const;

  Multipole2dConfig config_;
  AttentionShape shape_;
  Linear qkv_{nullptr}, proj_{nullptr};
  std::unique_ptr<SummaryBasis> basis_;
  torch::Tensor near_bias_;              // (num_heads, 4 cell - 1, 4 cell - 1); undefined without bias
  std::vector<torch::Tensor> far_bias_;  // max_levels times (num_heads, 7, 7)
};

}  // namespace multipole

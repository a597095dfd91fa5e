// 1D Fast Multipole Attention over a grid read row by row: Kang, Tran, De Sterck, arXiv 2310.11960.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct Multipole1dConfig : ProjectionConfig {
  std::string type = "multipole1d";
  int64_t group = 16;
  int64_t rank = 4;
  bool causal = false;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("group", self.group, "tokens of a finest group; the near field is a token's own group and its neighbours");
    field("rank", self.rank, "summaries a far group is seen through; must divide group");
    field("causal", self.causal, "a token sees only itself and the tokens before it");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// Each level's keys and values are summarised straight from the tokens by a learned depthwise basis that starts as
// means. A sequence is filled up to group * 2^(levels + 1) tokens; the filling is masked, and a summary that is part
// filling is divided by its real share and weighs its real tokens, as in 2D.
//
// Bases exist for the levels of the nominal grid; the further levels of a larger one use means.
class Multipole1dAttention : public ProjectedAttention {
 public:
  using Config = Multipole1dConfig;

  Multipole1dAttention(const Multipole1dConfig& config, const AttentionShape& shape);

  static double count_parameters(const Multipole1dConfig& config, const AttentionShape& shape);

  bool is_causal() const override { return config_.causal; }

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;
  std::vector<torch::Tensor> basis_for(int64_t levels, const torch::TensorOptions& options) const;

  Multipole1dConfig config_;
  std::vector<torch::Tensor> basis_;  // level l: (rank, group * 2^(l-1), 2 embed_dim), keys' channels first
};

}  // namespace multipole

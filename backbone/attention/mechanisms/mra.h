// Softmax attention at two resolutions: Zeng et al., "Multi Resolution Analysis (MRA) for Approximate Self-Attention",
// arXiv 2207.10284.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "backbone/attention/projected_attention.h"

namespace multipole {

struct MraConfig : ProjectionConfig {
  std::string type = "mra";
  int64_t cell = 4;
  int64_t blocks = 4;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("cell", self.cell, "tokens along each side of a block of the grid");
    field("blocks", self.blocks, "key blocks that a query block sees token by token; it sees the others as means");
    projection_fields(self, field);
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

// MRA-2: the score matrix is approximated block by block with exp(mean q . mean k) (equation 6), the blocks with the
// largest such score are replaced by the exact one, and rows are normalised over both (section 4). Here blocks are
// square cells of the grid and the budget is a number of key cells for each query cell, where the paper shares one
// budget among all rows of a sequence. A cell at the border counts the tokens that it has.
class MraAttention : public ProjectedAttention {
 public:
  using Config = MraConfig;

  MraAttention(const MraConfig& config, const AttentionShape& shape);

 private:
  torch::Tensor mix(const ProjectedTokens& tokens) override;
  AttentionCost mixing_cost(int64_t height, int64_t width) const override;

  MraConfig config_;
};

}  // namespace multipole

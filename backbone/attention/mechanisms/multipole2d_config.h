// The fields of multipole2d attention (multipole2d.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backbone/attention/attention.h"
#include "base/fields.h"

namespace multipole {

struct Multipole2dConfig {
  std::string type = "multipole2d";
  int64_t cell = 4;
  int64_t rank = 4;
  std::string variant = "linear";
  std::string summaries = "basis";
  std::string basis = "hierarchical";
  int64_t hot = 0;
  int64_t full_up_to = 0;
  bool bias = true;
  bool log_mass = true;
  bool qkv_bias = true;
  bool qk_norm = false;
  double proj_drop = 0.0;
  bool far_gate = false;
  std::optional<int64_t> max_levels = std::nullopt;
  std::string reach = "grid";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("type", self.type, "the mechanism's name in the registry");
    field("cell", self.cell, "tokens along each side of a finest cell; the near field is 3 x 3 cells");
    field("rank", self.rank, "summaries a far cell is seen through: a perfect square of at most cell * cell");
    field("variant", self.variant, "linear: queries of far levels are summarised too, O(n); log-linear: they are not");
    field("summaries", self.summaries,
          "basis: keys and values by learned weights that start as means; cluster: means of clusters of a cell's keys, "
          "which needs variant log-linear and learns nothing");
    field("basis", self.basis,
          "hierarchical: summaries are made of those of the level below; direct: each level's from the tokens");
    field("hot", self.hot,
          "tokens of each head that every token sees one by one: those with the most attention; 0: none. At most as "
          "many as the grid has");
    field(
        "full_up_to", self.full_up_to,
        "grids of at most so many tokens are seen in full, one by one: exact, and faster there; 0: those without a far "
        "level alone");
    field("bias", self.bias, "learned bias by relative position, near and far");
    field("log_mass", self.log_mass,
          "a summary counts as many keys as it has tokens; false: as one (at a ragged border as its share of one)");
    field("qkv_bias", self.qkv_bias, "bias of the query, key and value projection");
    field("qk_norm", self.qk_norm, "layer norm of each head's queries and keys");
    field("proj_drop", self.proj_drop, "dropout after the output projection");
    field("far_gate", self.far_gate,
          "learned factors of each channel of far keys and values, and a bias of far scores by relative position; all "
          "start as if they were not there");
    field("max_levels", self.max_levels,
          "far levels with parameters of their own; null: as many as the nominal grid has");
    field("reach", self.reach,
          "how far a token of a grid larger than the nominal one sees: grid: all of it; nominal: through as many far "
          "levels as the nominal grid has, which is as far as training saw");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;

  bool is_linear() const { return variant == "linear"; }
  bool has_far_bias() const { return bias || far_gate; }
  bool has_basis() const { return summaries == "basis"; }
  bool is_bounded() const { return reach == "nominal"; }

  // Far levels with parameters of their own.
  int64_t parameter_levels(const AttentionShape& shape) const;
  // Far levels that a token of a grid of height x width sees.
  int64_t seen_levels(const AttentionShape& shape, int64_t height, int64_t width) const;
};

}  // namespace multipole

// The shape of a language model of bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"

namespace multipole {

// Every byte is a token of its own, so any file is text.
inline constexpr int64_t kNumBytes = 256;

struct SequenceConfig {
  int64_t context = 256;
  int64_t embed_dim = 128;
  int64_t depth = 4;
  int64_t num_heads = 4;
  double mlp_ratio = 4.0;
  double norm_eps = 1e-6;
  Json attention = {{"type", "multipole1d"}, {"causal", true}};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("context", self.context, "most bytes that the next one is predicted from");
    field("embed_dim", self.embed_dim, "token width");
    field("depth", self.depth, "transformer blocks");
    field("num_heads", self.num_heads, "attention heads of a block");
    field("mlp_ratio", self.mlp_ratio, "hidden width of the MLP over the token width");
    field("norm_eps", self.norm_eps, "epsilon of every layer norm");
    field("attention", self.attention,
          "attention mechanism, which must be causal: its type and the fields of that type");
  }

  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;
};

}  // namespace multipole

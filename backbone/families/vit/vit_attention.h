// The attention of a vision transformer's blocks: one for all, or one each; and another one in its place.
#pragma once

#include <cstdint>
#include <string>

#include "backbone/families/vit/vit_config.h"

namespace multipole {

// The config of the attention of one block.
const Json& vit_block_attention(const VitConfig& config, int64_t block);

// config.attention with every default written out. Throws ConfigError for an unknown type or key, and for an attention
// that does not take the tokens or positions that the config has.
Json resolve_vit_attention(const VitConfig& config, const std::string& where);

// `config`, resolved, with another attention that takes over the weights of what it replaces. `choice` is
//   a type         every block gets it
//   an object      {"type": ..., fields...}; with "blocks": [0, 1, ...] those blocks alone
//   an array       one of these a block; null leaves a block as it is
// The type "multipole2d" stands for what is near full attention without training: cells of 8, 16 clusters a cell, 256
// hot tokens, log-linear, no bias; fields that the choice names replace these. "auto" is the same, with full attention
// on grids where that is about as fast. What weights say (bias and norms of queries and keys) stays as it is.
// Throws ConfigError that begins with `where` for an attention that cannot take the weights over, and as
// resolve_vit_attention().
VitConfig swap_vit_attention(const VitConfig& config, const Json& choice, const std::string& where);

}  // namespace multipole

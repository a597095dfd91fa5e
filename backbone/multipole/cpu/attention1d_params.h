// What the kernels of the fused 1D attention receive. All pointers are checked and prepared by attention1d_problem.cpp.
// A sequence is seen as a grid of one row.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/storage.h"

namespace multipole::cpu {

// One far level.
struct Level1dParams {
  int64_t groups, rank;
  float log2_mass;  // of each summary: log2(tokens of a group / rank)
  SummaryView key, value;
};

struct Attention1dParams {
  int64_t batch, tokens, heads, head_dim;
  int64_t group, groups;  // tokens of a finest group; finest groups, the last one ragged where there are no levels
  int64_t levels;
  bool causal;
  float scale;
  Storage storage;
  TokenView query, key, value, out;
  float* lse;                 // (B, heads, n)
  const float* causal_table;  // causal: (width, width), row j masks the lanes before j; else null
  Level1dParams level[kMaxLevels];
};

// Where the backward pass reads the incoming and writes the outgoing gradients, in the storage of the inputs.
struct Attention1dGradParams {
  TokenView d_out;
  const float* d_lse;  // (B, heads, n), or null
  TokenView d_query, d_key, d_value;
  SummaryView d_level_key[kMaxLevels], d_level_value[kMaxLevels];
};

// A share of the work: the queries of groups [group_begin, group_end) of one head of one sequence.
struct Attention1dTask {
  int64_t b, h;
  int64_t group_begin, group_end;
};

// Offsets into a task's key arenas, in key rows: first the tokens of its near field, then its far groups by level.
struct Attention1dLayout {
  int64_t token_begin, token_end;
  int64_t level_begin[kMaxLevels], level_end[kMaxLevels];  // groups
  int64_t level_offset[kMaxLevels];
  int64_t key_rows;
};

}  // namespace multipole::cpu

// Which entries of a block see which entries of the blocks around it, and the relative position bias between them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "backbone/multipole/reference/blocks.h"

namespace multipole::reference {

// The relation of the A query entries of a block to the E key entries of its neighbourhood; the same for every block.
struct PairRelation {
  at::Tensor seen;   // (A, E) bool
  at::Tensor index;  // (A, E) int64: flat index into a bias table of one head, 0 where not seen
};

// Near field: entries are tokens, cells are blocks. Causal: only keys that are not later on the x axis.
PairRelation near_relation(const BlockGrid& grid, int64_t cell, bool causal, const at::Device& device);

// Far level: query entries are the cells of a block (children of one parent), key entries the cells of the
// neighbourhood; seen is the interaction list. Causal: only cells to the left.
PairRelation far_relation(const BlockGrid& grid, bool causal, const at::Device& device);

// (heads, A, E) from a bias table (heads, side, side), or (1, A, E) zeros where `bias` is undefined; -inf where not
// seen.
at::Tensor make_pair_table(const PairRelation& relation, const at::Tensor& bias, const at::TensorOptions& options);

// Gradient of the bias table (shaped `like` it) from the gradient (heads, A, E) of the pair table.
at::Tensor pair_table_backward(const PairRelation& relation, const at::Tensor& d_table, const at::Tensor& like);

}  // namespace multipole::reference

// The one operation that all upward passes are made of: weighted sums over the entries of each cell of a grid,
// channel by channel.
//
//   out[b, cell, j, c] = sum over sites (y, x) of the cell and entries e of  weights[j, y, x, e, c] * x[b, y, x, e, c]
//
// Tokens to level 1: entries = 1. Level l to l + 1: 2 x 2 sites of p entries. A sequence: a grid of one row.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/storage.h"

namespace multipole::cpu {

struct CellSumParams {
  int64_t batch, height, width, entries, channels;  // channels: a multiple of 8
  int64_t cell_height, cell_width, rank;
  int64_t rows, columns;  // cells; the last ones may be ragged
  Storage storage;        // of x
  SummaryView x;          // `summary` is the stride of an entry; `head` is unused
  const float* weights;   // (rank, cell_height, cell_width, entries, channels)
  float* out;             // (batch, rows, columns, rank, channels)
};

struct CellSumGradParams {
  const float* d_out;  // as out
  SummaryView d_x;     // same storage as x
  float* d_weights;    // (chunks, shape of weights), zeroed
};

}  // namespace multipole::cpu

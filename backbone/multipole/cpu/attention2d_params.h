// What the kernels of the fused 2D attention receive. All pointers are checked and prepared by attention2d_cpu.cpp.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/storage.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {

// One far level. The mass of a sub-cell is (its rows in the grid) x (its columns in the grid), so two short tables of
// base-2 logarithms hold it; kMaskedScore where there are none.
struct LevelParams {
  int64_t rows, columns;      // cells
  const float* log2_rows;     // (rows * s)
  const float* log2_columns;  // (columns * s)
  SummaryView key, value;
  SummaryView query;         // linear variant
  const float* log2_mass;    // (B, heads, rows, columns, p) where the caller gave them, kMaskedScore: none; else null
  const float* far_bias;     // (heads, 7, 7) times log2(e), or null
  const float* far_scores;   // where all sub-cells have one mass: see attention2d_tables.h; else null
  const float* group_table;  // linear variant: see attention2d_tables.h
};

struct Attention2dParams {
  int64_t batch, height, width, heads, head_dim;
  int64_t cell, rank, subcells;  // r, p, s = sqrt(p)
  int64_t cell_rows, cell_columns;
  int64_t levels;
  bool linear;
  float scale;
  Storage storage;
  TokenView query, key, value, out;
  float* lse;                        // (B, heads, H, W)
  const float* near_table;           // (heads, 9 r^2, padded lanes) times log2(e), or null: see attention2d_tables.h
  int64_t near_table_stride;         // floats a key position
  int64_t group_table_stride;        // likewise for LevelParams::group_table
  const int32_t* query_summary;      // (r^2): the summary of its cell whose sub-cell a query lies in, row-major
  const float* log2_token_mass;      // (B, heads, H, W), kMaskedScore: none; or null: 1
  int64_t extra_keys;                // E
  TokenView extra_key, extra_value;  // a grid of one row
  LevelParams level[kMaxLevels];
};

// Where the backward pass reads the incoming and writes the outgoing gradients (same storage as the inputs). Those of
// the bias tables are collected in the workspace.
struct Attention2dGradParams {
  TokenView d_out;
  const float* d_lse;  // (B, heads, H, W), or null
  TokenView d_query, d_key, d_value;
  SummaryView d_level_query[kMaxLevels], d_level_key[kMaxLevels], d_level_value[kMaxLevels];
  TokenView d_extra_key, d_extra_value;  // of the same strides
  float* d_log_token_mass;               // as log2_token_mass, of natural logarithms; or null
  float* d_level_mass[kMaxLevels];       // as LevelParams::log2_mass, likewise
};

// A share of the work: the queries of a rectangle of cells of one head of one image.
struct Attention2dTask {
  int64_t b, h;
  IndexRange rows, columns;     // of cells
  const Attention2dTask* next;  // what is most likely done afterwards, or null: its tokens are prefetched
};

// Key rows that a cell's tokens take in an arena: whole blocks of sixteen, see AmxProducts.
constexpr int64_t slots_of_cell(int64_t cell) { return (cell * cell + 15) / 16 * 16; }

// Offsets into a task's key arenas, in key rows: first the tokens of its near field cell by cell, so that neighbouring
// cells lie side by side, then its far cells by level, then the extra keys. Of the near field only the rows of cells in
// use are held: row y lies in slot y % ring_rows.
struct ArenaLayout {
  IndexRange columns;  // of cells, neighbours included
  int64_t ring_rows;
  IndexRange level_rows[kMaxLevels], level_columns[kMaxLevels];
  int64_t level_offset[kMaxLevels];
  int64_t extra_offset;
  int64_t key_rows;
};

}  // namespace multipole::cpu

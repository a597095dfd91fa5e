// What the kernels receive: plain data without torch, the same for the 2D and the 1D attention. A sequence is a grid of
// one row with cells of 1 x m tokens; causality is in the tables.
#pragma once

#include <cstdint>

#include "backbone/multipole/quadtree.h"

namespace multipole::cuda {

// More levels than any grid that fits in memory has.
constexpr int kMaxLevels = 24;
// A score that must not count: 2^-1e30 is nothing, and unlike -inf it can be subtracted from itself.
constexpr float kMaskedScore = -1e30f;
constexpr float kLog2E = 1.4426950408889634f;
constexpr float kLn2 = 0.6931471805599453f;

MULTIPOLE_HOST_DEVICE constexpr bool is_masked(float score) { return score < 0.5f * kMaskedScore; }

// A (B, rows, columns, summaries, heads, head_dim) tensor; strides in elements, head_dim contiguous, every row of
// head_dim elements on a 16-byte boundary. Tokens have one "summary" a place.
struct RowsView {
  void* data;
  int64_t batch, row, column, summary, head;

  MULTIPOLE_HOST_DEVICE int64_t offset(int64_t b, int64_t y, int64_t x, int64_t j, int64_t h) const {
    return b * batch + y * row + x * column + j * summary + h * head;
  }
};

// What a pair of a key and a query scores beyond their product, by offset key - query in [-half_y, half_y] x
// [-half_x, half_x], in units of log2.
struct OffsetTable {
  const float* entries;  // natural units, one table a head; null: no bias
  int half_y, half_x;
  bool far;     // cell offsets: the 3 x 3 near cells must not count
  bool causal;  // sequences: later keys must not count

  MULTIPOLE_HOST_DEVICE bool empty() const { return entries == nullptr && !far && !causal; }
  MULTIPOLE_HOST_DEVICE int width() const { return 2 * half_x + 1; }
  MULTIPOLE_HOST_DEVICE int size() const { return (2 * half_y + 1) * width(); }
  MULTIPOLE_HOST_DEVICE int index(int offset_y, int offset_x) const {
    return (offset_y + half_y) * width() + offset_x + half_x;
  }
  MULTIPOLE_HOST_DEVICE float score(int offset_y, int offset_x) const {
    if (far && is_near(offset_y, 0) && is_near(offset_x, 0)) return kMaskedScore;
    if (causal && offset_x > 0) return kMaskedScore;
    return entries == nullptr ? 0 : entries[index(offset_y, offset_x)] * kLog2E;
  }
  MULTIPOLE_HOST_DEVICE OffsetTable of_head(int64_t h) const {
    return {entries == nullptr ? nullptr : entries + h * size(), half_y, half_x, far, causal};
  }
};

// One far level.
struct Level {
  int rows, columns;           // cells
  const float* mass;           // log2 of the summaries' masses (B, heads, rows, columns, p); null: of numbers of tokens
  RowsView key, value, query;  // query: linear variant
  OffsetTable table;           // by cell offset
};

// What the backward pass knows of a query: P = 2^(score - lse), d_score = P * (d_out . value - c).
struct Upstream {
  RowsView d_out;
  const float* lse;  // log2 of the sum of exponentials
  const float* c;    // d_out . out - d_lse
};

struct Problem {
  int64_t batch, heads;
  int height, width, head_dim;
  int cell_height, cell_width;
  int subcells_y, subcells_x;  // rank p = their product
  int num_levels;
  bool linear;
  bool equal_masses;           // sequences: a summary stands for 1 / p of its group, whatever its sub-cell
  float scale;                 // of the products, times log2(e)
  RowsView query, key, value;  // tokens
  const float* token_mass;     // log2 of the tokens' masses (B, heads, H, W); null: 1
  OffsetTable near_table;      // by token offset
  int num_extra;               // keys that every query sees, without a bias
  RowsView extra_key, extra_value;  // (B, E, heads, head_dim), one "column" a key
  Level level[kMaxLevels];

  MULTIPOLE_HOST_DEVICE int rank() const { return subcells_y * subcells_x; }
  MULTIPOLE_HOST_DEVICE int cells_y() const { return static_cast<int>(ceil_div(height, cell_height)); }
  MULTIPOLE_HOST_DEVICE int cells_x() const { return static_cast<int>(ceil_div(width, cell_width)); }
  // index of a token's entry in arrays of one float a query, (B, heads, H, W)
  MULTIPOLE_HOST_DEVICE int64_t token_entry(int64_t b, int64_t h, int64_t y, int64_t x) const {
    return ((b * heads + h) * height + y) * width + x;
  }
  // index of an extra key's entry in arrays of one float a key, (B, heads, E)
  MULTIPOLE_HOST_DEVICE int64_t extra_entry(int64_t b, int64_t h, int64_t i) const {
    return (b * heads + h) * num_extra + i;
  }
  // the same for the summaries of level l + 1, (B, heads, rows, columns, p)
  MULTIPOLE_HOST_DEVICE int64_t summary_entry(int l, int64_t b, int64_t h, int64_t y, int64_t x, int64_t j) const {
    return (((b * heads + h) * level[l].rows + y) * level[l].columns + x) * rank() + j;
  }
};

}  // namespace multipole::cuda

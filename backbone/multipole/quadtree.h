// The geometry of Fast Multipole Attention: cells, levels, near field, interaction lists, sub-cells.
// Integers only and no torch, so that every backend (host or device) computes with the same functions.
//
// An axis of n tokens is cut into cells of `cell` tokens, the last one ragged. Level 1 is the finest; a level-l cell
// has side cell * 2^(l-1) and is made of 2 (in 2D: 2 x 2) cells of the level below. Both axes of a 2D grid are alike,
// so most functions speak of one axis. Source: Kang, Tran, De Sterck, arXiv 2310.11960v4, sections 3 (1D) and 4 (2D).
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define MULTIPOLE_HOST_DEVICE __host__ __device__
#else
#define MULTIPOLE_HOST_DEVICE
#endif

namespace multipole {

// A half-open range of indices.
struct IndexRange {
  int64_t begin, end;

  MULTIPOLE_HOST_DEVICE constexpr int64_t size() const { return end - begin; }
  MULTIPOLE_HOST_DEVICE constexpr bool contains(int64_t index) const { return begin <= index && index < end; }
};

MULTIPOLE_HOST_DEVICE constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

MULTIPOLE_HOST_DEVICE constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

MULTIPOLE_HOST_DEVICE constexpr int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Far levels that an axis of `num_cells` finest cells needs: 0 up to two cells, else ceil(log2(num_cells)) - 1.
MULTIPOLE_HOST_DEVICE constexpr int64_t num_far_levels(int64_t num_cells) {
  int64_t levels = 0;
  while ((int64_t{2} << levels) < num_cells) ++levels;
  return levels;
}

// Far levels L of an H x W grid: the longer axis decides.
MULTIPOLE_HOST_DEVICE constexpr int64_t num_far_levels_2d(int64_t height, int64_t width, int64_t cell) {
  return num_far_levels(ceil_div(larger(height, width), cell));
}

// Side of a level-l cell in tokens.
MULTIPOLE_HOST_DEVICE constexpr int64_t level_side(int64_t level, int64_t cell) { return cell << (level - 1); }

// Number of level-l cells on an axis of `tokens` tokens (Hl and Wl).
MULTIPOLE_HOST_DEVICE constexpr int64_t level_cells(int64_t level, int64_t tokens, int64_t cell) {
  return ceil_div(tokens, level_side(level, cell));
}

// ------------------------------------------------------------------------------------ near field, interaction lists

// Neighbours (itself included) of a cell on an axis of `num_cells` cells.
MULTIPOLE_HOST_DEVICE constexpr IndexRange near_cells(int64_t index, int64_t num_cells) {
  return {larger(0, index - 1), smaller(num_cells, index + 2)};
}

// Children of the neighbours of a cell's parent: the interaction list of the cell lies in this range.
MULTIPOLE_HOST_DEVICE constexpr IndexRange parent_near_cells(int64_t index, int64_t num_cells) {
  const int64_t first = index / 2 * 2;
  return {larger(0, first - 2), smaller(num_cells, first + 4)};
}

MULTIPOLE_HOST_DEVICE constexpr bool is_near(int64_t a, int64_t b) { return a - b <= 1 && b - a <= 1; }

// Whether cell `key` is in the interaction list of cell `query`, both of one level, in 1D.
MULTIPOLE_HOST_DEVICE constexpr bool in_interaction_list(int64_t query, int64_t key) {
  return is_near(query / 2, key / 2) && !is_near(query, key);
}

// The same in 2D: children of the parent's 3 x 3 neighbours that are not the cell's own 3 x 3 neighbours.
MULTIPOLE_HOST_DEVICE constexpr bool in_interaction_list(int64_t query_y, int64_t query_x, int64_t key_y,
                                                         int64_t key_x) {
  return is_near(query_y / 2, key_y / 2) && is_near(query_x / 2, key_x / 2) &&
         !(is_near(query_y, key_y) && is_near(query_x, key_x));
}

// Calls visit(key_y, key_x) for each cell (at most 27) of the interaction list of a cell in a cells_y x cells_x level.
template <typename Visit>
MULTIPOLE_HOST_DEVICE constexpr void for_each_interaction_cell(int64_t query_y, int64_t query_x, int64_t cells_y,
                                                               int64_t cells_x, Visit&& visit) {
  const IndexRange rows = parent_near_cells(query_y, cells_y), columns = parent_near_cells(query_x, cells_x);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = columns.begin; x < columns.end; ++x) {
      if (!(is_near(query_y, y) && is_near(query_x, x))) visit(y, x);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------- sub-cells
// A cell with p = s * s summaries is cut into s x s sub-cells, on each axis at floor(j * cell / s), j = 0..s. Counted
// over the whole axis a sub-cell has the index g = (cell index) * s + j, and a level-(l+1) sub-cell is exactly the
// sub-cells 2g and 2g + 1 of level l.

// s with s * s == rank, or 0 where the rank is no perfect square.
MULTIPOLE_HOST_DEVICE constexpr int64_t subcells_per_side(int64_t rank) {
  int64_t s = 0;
  while ((s + 1) * (s + 1) <= rank) ++s;
  return s * s == rank ? s : 0;
}

// Tokens of sub-cell g at a level, as if the grid had no end. Its size is the sub-cell's full count on this axis.
MULTIPOLE_HOST_DEVICE constexpr IndexRange subcell_tokens(int64_t g, int64_t level, int64_t cell, int64_t s) {
  return {(g << (level - 1)) * cell / s, ((g + 1) << (level - 1)) * cell / s};
}

// How many tokens of sub-cell g are inside an axis of `tokens` tokens. In 2D the mass is the product of both axes.
MULTIPOLE_HOST_DEVICE constexpr int64_t subcell_mass(int64_t g, int64_t level, int64_t cell, int64_t s,
                                                     int64_t tokens) {
  const IndexRange range = subcell_tokens(g, level, cell, s);
  return larger(0, smaller(tokens, range.end) - smaller(tokens, range.begin));
}

// The sub-cell g that a token lies in at a level; its cell is g / s, its place inside the cell g % s. Needs s <= cell.
MULTIPOLE_HOST_DEVICE constexpr int64_t subcell_of_token(int64_t token, int64_t level, int64_t cell, int64_t s) {
  return (((token + 1) * s - 1) / cell) >> (level - 1);
}

// -------------------------------------------------------------------------------------------------------- bias tables

// Side of a near_bias table, which holds the token offsets -(2 cell - 1) .. 2 cell - 1 of the near field.
MULTIPOLE_HOST_DEVICE constexpr int64_t near_bias_side(int64_t cell) { return 4 * cell - 1; }

// Side of a far_bias table, which holds the cell offsets -3 .. 3 of an interaction list.
inline constexpr int64_t kFarBiasSide = 7;

// Flat index into one head's near_bias, by token offset key - query.
MULTIPOLE_HOST_DEVICE constexpr int64_t near_bias_index(int64_t offset_y, int64_t offset_x, int64_t cell) {
  return (offset_y + 2 * cell - 1) * near_bias_side(cell) + offset_x + 2 * cell - 1;
}

// Flat index into one head's far_bias of a level, by cell offset key - query.
MULTIPOLE_HOST_DEVICE constexpr int64_t far_bias_index(int64_t offset_y, int64_t offset_x) {
  return (offset_y + 3) * kFarBiasSide + offset_x + 3;
}

}  // namespace multipole

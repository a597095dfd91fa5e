#include "engine/bench/attention_work.h"

#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

// One axis of a level: summed over its cells, queries in a cell times keys in a range of cells around it. A grid's sum
// over pairs of ranges that are rectangles is the product of both axes' sums.
struct AxisSums {
  double own = 0;     // keys of the cell's neighbours
  double parent = 0;  // keys of the children of the parent's neighbours
};

template <class QueriesOf, class KeysOf>
AxisSums sum_axis(int64_t cells, const QueriesOf& queries_of, const KeysOf& keys_of) {
  const auto keys_in = [&](const IndexRange& range) {
    double keys = 0;
    for (int64_t c = range.begin; c < range.end; ++c) keys += keys_of(c);
    return keys;
  };
  AxisSums sums;
  for (int64_t c = 0; c < cells; ++c) {
    const double queries = queries_of(c);
    sums.own += queries * keys_in(near_cells(c, cells));
    sums.parent += queries * keys_in(parent_near_cells(c, cells));
  }
  return sums;
}

double tokens_in_cell(int64_t index, int64_t level, int64_t tokens, int64_t cell) {
  const int64_t side = level_side(level, cell);
  return static_cast<double>(smaller(tokens, (index + 1) * side) - index * side);
}

AxisSums near_axis(int64_t tokens, int64_t cell) {
  const auto count = [&](int64_t c) { return tokens_in_cell(c, 1, tokens, cell); };
  return sum_axis(level_cells(1, tokens, cell), count, count);
}

AxisSums far_axis(int64_t tokens, int64_t level, const MultipoleGrid& grid) {
  const int64_t subcells = subcells_per_side(grid.rank);
  const auto summaries = [&](int64_t c) {
    int64_t real = 0;
    for (int64_t j = 0; j < subcells; ++j) {
      real += subcell_mass(c * subcells + j, level, grid.cell, subcells, tokens) > 0 ? 1 : 0;
    }
    return static_cast<double>(real);
  };
  const auto queries = [&](int64_t c) {
    return grid.linear ? summaries(c) : tokens_in_cell(c, level, tokens, grid.cell);
  };
  return sum_axis(level_cells(level, tokens, grid.cell), queries, summaries);
}

}  // namespace

double near_pairs(const MultipoleGrid& grid) {
  return near_axis(grid.height, grid.cell).own * near_axis(grid.width, grid.cell).own;
}

double far_pairs(const MultipoleGrid& grid) {
  double pairs = 0;
  for (int64_t level = 1; level <= num_far_levels_2d(grid.height, grid.width, grid.cell); ++level) {
    const AxisSums rows = far_axis(grid.height, level, grid), columns = far_axis(grid.width, level, grid);
    pairs += rows.parent * columns.parent - rows.own * columns.own;
  }
  return pairs;
}

double sequence_pairs(int64_t tokens, int64_t group, int64_t rank) {
  double pairs = near_axis(tokens, group).own;
  for (int64_t level = 1; level <= num_far_levels(ceil_div(tokens, group)); ++level) {
    const auto queries = [&](int64_t c) { return tokens_in_cell(c, level, tokens, group); };
    const auto keys = [&](int64_t) { return static_cast<double>(rank); };
    const AxisSums sums = sum_axis(level_cells(level, tokens, group), queries, keys);
    pairs += sums.parent - sums.own;
  }
  return pairs;
}

double full_pairs(int64_t height, int64_t width) {
  const auto tokens = static_cast<double>(height * width);
  return tokens * tokens;
}

double window_pairs(int64_t height, int64_t width, int64_t window) {
  const auto axis = [&](int64_t tokens) {
    const int64_t whole = tokens / window, rest = tokens % window;
    return static_cast<double>(whole * window * window + rest * rest);
  };
  return axis(height) * axis(width);
}

double forward_flops(double pairs, int64_t head_dim) { return 4.0 * static_cast<double>(head_dim) * pairs; }

double backward_flops(double pairs, int64_t head_dim) { return 10.0 * static_cast<double>(head_dim) * pairs; }

}  // namespace multipole

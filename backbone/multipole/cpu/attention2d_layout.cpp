#include "backbone/multipole/cpu/attention2d_layout.h"

#include <algorithm>

#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// Below this a band's halo (one cell row above and below) would cost more than the balance it buys.
constexpr int64_t kSmallestBand = 4;

// Cells along a side of a task's rectangle at most. The heads of a rectangle follow one another, because their rows
// share cache lines and pages: 16 x 16 cells of 4 x 4 tokens and 128 channels lie on 2,048 pages of q, k, v and out,
// as many as a translation buffer holds.
constexpr int64_t kLargestSide = 16;

// A row of cells sees itself and the rows above and below.
constexpr int64_t kRingRows = 3;

IndexRange with_neighbours(const IndexRange& cells, int64_t num_cells) {
  return {std::max<int64_t>(0, cells.begin - 1), std::min(num_cells, cells.end + 1)};
}

// The cells of a far level that those of a range of level-1 cells see, along one axis.
IndexRange seen_cells(const IndexRange& cells, int64_t level, int64_t num_cells) {
  return {parent_near_cells(cells.begin >> level, num_cells).begin,
          parent_near_cells((cells.end - 1) >> level, num_cells).end};
}

}  // namespace

ArenaLayout arena_layout(const Attention2dParams& p, const Attention2dTask& task, ArenaContents contents) {
  ArenaLayout layout{};
  if (contents.tokens) {
    layout.columns = with_neighbours(task.columns, p.cell_columns);
    layout.ring_rows = std::min(kRingRows, with_neighbours(task.rows, p.cell_rows).size());
  }
  layout.key_rows = layout.ring_rows * layout.columns.size() * slots_of_cell(p.cell);
  for (int64_t l = 0; contents.levels && l < p.levels; ++l) {
    const LevelParams& level = p.level[l];
    layout.level_rows[l] = seen_cells(task.rows, l, level.rows);
    layout.level_columns[l] = seen_cells(task.columns, l, level.columns);
    layout.level_offset[l] = layout.key_rows;
    layout.key_rows += layout.level_rows[l].size() * layout.level_columns[l].size() * p.rank;
  }
  layout.extra_offset = layout.key_rows;
  if (contents.tokens) layout.key_rows += p.extra_keys;
  return layout;
}

std::vector<Attention2dTask> tasks_by_head(const Attention2dParams& p) {
  std::vector<Attention2dTask> tasks;
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t h = 0; h < p.heads; ++h) tasks.push_back({b, h, {0, p.cell_rows}, {0, p.cell_columns}, nullptr});
  }
  return tasks;
}

std::vector<Attention2dTask> tasks_by_rectangle(const Attention2dParams& p, int64_t threads) {
  const int64_t bands = ceil_div(4 * threads, p.batch * p.heads);
  const int64_t rows = std::max(kSmallestBand, std::min(kLargestSide, ceil_div(p.cell_rows, bands)));
  const int64_t columns = ceil_div(p.cell_columns, ceil_div(p.cell_columns, kLargestSide));
  std::vector<Attention2dTask> tasks;
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t y = 0; y < p.cell_rows; y += rows) {
      for (int64_t x = 0; x < p.cell_columns; x += columns) {
        const IndexRange task_rows = {y, std::min(p.cell_rows, y + rows)};
        const IndexRange task_columns = {x, std::min(p.cell_columns, x + columns)};
        for (int64_t h = 0; h < p.heads; ++h) tasks.push_back({b, h, task_rows, task_columns, nullptr});
      }
    }
  }
  return tasks;
}

int64_t summaries_of_all_levels(const Attention2dParams& p) {
  int64_t count = 0;
  for (int64_t l = 0; l < p.levels; ++l) count += p.level[l].rows * p.level[l].columns * p.rank;
  return count;
}

WorkspaceSizes workspace_sizes(const Attention2dParams& p, int64_t width, int64_t key_rows) {
  WorkspaceSizes sizes{};
  sizes.width = width;
  sizes.padded_dim = ceil_div(p.head_dim, width) * width;
  sizes.key_rows = key_rows;
  sizes.pairs = p.storage == Storage::bfloat16;
  sizes.near_keys = 9 * p.cell * p.cell + 8;
  if (p.extra_keys > 0) sizes.extra_keys = p.extra_keys + 8;
  // an interaction list has at most 27 cells, a parent's neighbourhood 36
  // and a vector is written past the end of the list
  sizes.far_keys = std::max(p.linear ? 36 * p.rank : 27 * p.rank * p.levels, int64_t{1}) + 16;
  return sizes;
}

}  // namespace multipole::cpu

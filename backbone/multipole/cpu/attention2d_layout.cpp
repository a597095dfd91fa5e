#include "backbone/multipole/cpu/attention2d_layout.h"

#include <algorithm>

#include "backbone/multipole/quadtree.h"

namespace multipole::cpu {
namespace {

// Below this a band's halo (one cell row above and below) would cost more than the balance it buys.
constexpr int64_t kSmallestBand = 4;

// The heads of a band follow one another, because their rows share pages and cache lines: a band must not outgrow the
// cache before its last head. Measured at 65,536 tokens of 4 heads x 32: 75 ms without a limit, 69 with 8, 67.5
// with 16.
constexpr int64_t kLargestBand = 16;

// A row of cells sees itself and the rows above and below.
constexpr int64_t kRingRows = 3;

}  // namespace

ArenaLayout arena_layout(const Attention2dParams& p, const Attention2dTask& task, ArenaContents contents) {
  ArenaLayout layout{};
  if (contents.tokens) {
    layout.cell_row_begin = std::max<int64_t>(0, task.cell_row_begin - 1);
    layout.cell_row_end = std::min(p.cell_rows, task.cell_row_end + 1);
  }
  layout.ring_rows = std::min(kRingRows, layout.cell_row_end - layout.cell_row_begin);
  layout.key_rows = layout.ring_rows * p.cell_columns * slots_of_cell(p.cell);
  for (int64_t l = 0; contents.levels && l < p.levels; ++l) {
    const LevelParams& level = p.level[l];
    layout.level_row_begin[l] = parent_near_cells(task.cell_row_begin >> l, level.rows).begin;
    layout.level_row_end[l] = parent_near_cells((task.cell_row_end - 1) >> l, level.rows).end;
    layout.level_offset[l] = layout.key_rows;
    layout.key_rows += (layout.level_row_end[l] - layout.level_row_begin[l]) * level.columns * p.rank;
  }
  return layout;
}

std::vector<Attention2dTask> tasks_by_head(const Attention2dParams& p) {
  std::vector<Attention2dTask> tasks;
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t h = 0; h < p.heads; ++h) tasks.push_back({b, h, 0, p.cell_rows, nullptr});
  }
  return tasks;
}

std::vector<Attention2dTask> tasks_by_band(const Attention2dParams& p, int64_t threads) {
  const int64_t bands = ceil_div(4 * threads, p.batch * p.heads);
  const int64_t band = std::max(kSmallestBand, std::min(kLargestBand, ceil_div(p.cell_rows, bands)));
  std::vector<Attention2dTask> tasks;
  for (int64_t b = 0; b < p.batch; ++b) {
    for (int64_t row = 0; row < p.cell_rows; row += band) {
      for (int64_t h = 0; h < p.heads; ++h) {
        tasks.push_back({b, h, row, std::min(p.cell_rows, row + band), nullptr});
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
  // an interaction list has at most 27 cells, a parent's neighbourhood 36
  sizes.far_keys = std::max(p.linear ? 36 * p.rank : 27 * p.rank * p.levels, int64_t{1}) + 8;
  return sizes;
}

}  // namespace multipole::cpu

// Gradients of the bias tables: sums of d_score over all pairs of one offset. A warp adds up the tiles of one head in a
// fixed order in a table of its own, in shared memory; the tables are summed afterwards. No atomics.
#pragma once

#include "backbone/multipole/cuda/tile.h"

namespace multipole::cuda {

struct BiasGradientOutput {
  bool near, far;  // which tables are wanted
  float* tables;   // (heads, kMaxBiasChunks, entries of a warp's tables): the near table, then those of the levels
};

// A head's tiles are cut into chunks, a warp each, by the shape alone: the same sums in every run and on every device.
constexpr int kMaxBiasChunks = 256;
constexpr int kTilesOfBiasChunk = 8;
inline int bias_chunks(const TileGrid& grid) {
  return static_cast<int>(smaller(kMaxBiasChunks, ceil_div(grid.batch * grid.tiles_of_head(), kTilesOfBiasChunk)));
}

// Entries of a far table, and of all tables of one head.
constexpr int kFarEntries = static_cast<int>(kFarBiasSide * kFarBiasSide);
MULTIPOLE_HOST_DEVICE inline int bias_entries(const Problem& p) {
  return p.near_table.size() + p.num_levels * kFarEntries;
}

// A block of d_scores, and one warp's tables.
constexpr int kBlockStride = kTileColumns + 1;
struct BiasScratch {
  float* block;  // kTileRows x kBlockStride
  float* near;   // the near table's entries
  float* far;    // kFarEntries a level

  static MULTIPOLE_HOST_DEVICE int floats(const Problem& p) { return kTileRows * kBlockStride + bias_entries(p); }
  static MULTIPOLE_HOST_DEVICE BiasScratch in(float* memory, const Problem& p) {
    float* tables = memory + kTileRows * kBlockStride;
    return {memory, tables, tables + p.near_table.size()};
  }
};

MULTIPOLE_DEVICE void write_block(const BiasScratch& scratch, const float (&d_scores)[2][4]) {
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    MULTIPOLE_UNROLL
    for (int e = 0; e < 4; ++e) {
      scratch.block[(quad_index() + 8 * (e / 2)) * kBlockStride + column_lane(half, e)] = d_scores[half][e];
    }
  }
  warp_barrier();
}

// The coordinate that the lanes of quad `row % 8` hold of row `row`.
MULTIPOLE_DEVICE Place row_coordinate(const RowPair& rows, int row) {
  const Place own = row < 8 ? rows.coordinate[0] : rows.coordinate[1];
  return {shuffle(own.y, row % 8 * 4), shuffle(own.x, row % 8 * 4)};
}

// Near field. The 16 columns of a block are different tokens, so those of one row have different offsets: row by row, a
// lane for each column.
MULTIPOLE_DEVICE void scatter_offsets(const BiasScratch& scratch, const OffsetTable& table, const RowPair& rows,
                                      const Column& column, const float (&d_scores)[2][4]) {
  write_block(scratch, d_scores);
  MULTIPOLE_NO_UNROLL
  for (int row = 0; row < kTileRows; ++row) {
    const Place query = row_coordinate(rows, row);
    if (column.site.real) {
      scratch.near[table.index(column.coordinate.y - query.y, column.coordinate.x - query.x)] +=
          scratch.block[row * kBlockStride + lane_index()];
    }
    warp_barrier();
  }
}

// Far field of level l + 1. Summaries of one cell share their offset, so every lane owns entries of the small table and
// picks what belongs to them.
MULTIPOLE_DEVICE void gather_offsets(const BiasScratch& scratch, int l, const OffsetTable& table, const RowPair& rows,
                                     const Column& column, const float (&d_scores)[2][4]) {
  write_block(scratch, d_scores);
  float sum[2] = {0, 0};
  MULTIPOLE_NO_UNROLL
  for (int row = 0; row < kTileRows; ++row) {
    const Place query = row_coordinate(rows, row);
    MULTIPOLE_NO_UNROLL
    for (int c = 0; c < kTileColumns; ++c) {
      const Place key = {shuffle(column.coordinate.y, c), shuffle(column.coordinate.x, c)};
      const float d_score = scratch.block[row * kBlockStride + c];
      const int index = table.index(key.y - query.y, key.x - query.x);
      MULTIPOLE_UNROLL
      for (int i = 0; i < 2; ++i) {
        if (index == lane_index() + kWarpLanes * i) sum[i] += d_score;
      }
    }
  }
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) {
    const int entry = lane_index() + kWarpLanes * i;
    if (entry < kFarEntries) scratch.far[l * kFarEntries + entry] += sum[i];
  }
  warp_barrier();
}

MULTIPOLE_DEVICE void clear_tables(const BiasScratch& scratch, const Problem& p) {
  for (int i = lane_index(); i < bias_entries(p); i += kWarpLanes) scratch.near[i] = 0;
  warp_barrier();
}

// Adds the warp's tables to those of its head and chunk (several launches share them).
MULTIPOLE_DEVICE void add_tables(const BiasScratch& scratch, const Problem& p, const BiasGradientOutput& output,
                                 int64_t h, int chunk) {
  warp_barrier();
  float* to = output.tables + (h * kMaxBiasChunks + chunk) * bias_entries(p);
  for (int i = lane_index(); i < bias_entries(p); i += kWarpLanes) to[i] += scratch.near[i];
}

}  // namespace multipole::cuda

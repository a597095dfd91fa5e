// Tensors over a grid of sites (tokens, or the summaries of cells) rearranged into blocks, so that the keys of a block
// of queries are the 3 x 3 blocks around it and one batched matrix product serves them all.
//
// Near field: a block is one cell, a site one token. Far level: a block is one parent, that is 2 x 2 cells; its
// children share the 6 x 6 cells of the parent's neighbourhood, of which each child masks the 9 nearest.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole::reference {

// How one axis of a site grid is cut into blocks of cells of sites. An axis of a single cell keeps only the sites that
// exist, so that a 1 x n grid costs nothing on its short axis.
struct BlockAxis {
  int64_t length;  // sites on the axis
  int64_t blocks;  // blocks that cover them
  int64_t cells;   // cells of a block
  int64_t sites;   // sites of a cell
  int64_t reach;   // neighbouring blocks to each side: 1, or 0 where there is only one block

  int64_t padded_length() const { return blocks * cells * sites; }
  int64_t neighbours() const { return 2 * reach + 1; }
};

BlockAxis make_block_axis(int64_t length, int64_t num_cells, int64_t cells_per_block, int64_t sites_per_cell);

// Both axes of a block grid.
struct BlockGrid {
  BlockAxis y, x;

  int64_t neighbours() const { return y.neighbours() * x.neighbours(); }
};

// (B, Y, X, p, heads, d) -> (B, heads, blocks_y, blocks_x, K, d), the K = cells * sites * p entries of a block ordered
// by (cell y, cell x, site y, site x, p). Entries outside the grid are `fill`.
at::Tensor to_blocks(const at::Tensor& sites, const BlockGrid& grid, double fill);

// Inverse of to_blocks: entries outside the grid are dropped.
at::Tensor from_blocks(const at::Tensor& blocks, const BlockGrid& grid);

// Adds the neighbouring blocks that are missing at the borders: blocks_y + 2 reach_y and blocks_x + 2 reach_x.
at::Tensor pad_blocks(const at::Tensor& blocks, const BlockGrid& grid, double fill);

// Inverse of pad_blocks.
at::Tensor crop_blocks(const at::Tensor& padded, const BlockGrid& grid);

// Padded blocks -> (B, heads, blocks_y, blocks_x, neighbours * K, d), neighbours ordered by (y, x). The input may be a
// band of block rows.
at::Tensor gather_neighbours(const at::Tensor& padded, const BlockGrid& grid);

// Adjoint of gather_neighbours: adds each gathered block to the padded block that it came from.
void scatter_neighbours(const at::Tensor& gathered, const BlockGrid& grid, at::Tensor& padded);

}  // namespace multipole::reference

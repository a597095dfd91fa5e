#include "backbone/multipole/reference/blocks.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"

namespace multipole::reference {

BlockAxis make_block_axis(int64_t length, int64_t num_cells, int64_t cells_per_block, int64_t sites_per_cell) {
  if (num_cells == 1) return {length, 1, 1, smaller(sites_per_cell, length), 0};
  const int64_t blocks = ceil_div(num_cells, cells_per_block);
  return {length, blocks, cells_per_block, sites_per_cell, blocks > 1 ? 1 : 0};
}

at::Tensor to_blocks(const at::Tensor& sites, const BlockGrid& grid, double fill) {
  const BlockAxis &y = grid.y, &x = grid.x;
  const int64_t batch = sites.size(0), rank = sites.size(3), heads = sites.size(4), width = sites.size(5);
  const int64_t missing_y = y.padded_length() - y.length, missing_x = x.padded_length() - x.length;
  at::Tensor padded = sites;
  if (missing_y > 0 || missing_x > 0) {
    padded = at::constant_pad_nd(sites, {0, 0, 0, 0, 0, 0, 0, missing_x, 0, missing_y}, fill);
  }
  return padded.reshape({batch, y.blocks, y.cells, y.sites, x.blocks, x.cells, x.sites, rank, heads, width})
      .permute({0, 8, 1, 4, 2, 5, 3, 6, 7, 9})
      .reshape({batch, heads, y.blocks, x.blocks, y.cells * x.cells * y.sites * x.sites * rank, width});
}

at::Tensor from_blocks(const at::Tensor& blocks, const BlockGrid& grid) {
  const BlockAxis &y = grid.y, &x = grid.x;
  const int64_t batch = blocks.size(0), heads = blocks.size(1), width = blocks.size(5);
  const int64_t rank = blocks.size(4) / (y.cells * x.cells * y.sites * x.sites);
  return blocks.reshape({batch, heads, y.blocks, x.blocks, y.cells, x.cells, y.sites, x.sites, rank, width})
      .permute({0, 2, 4, 6, 3, 5, 7, 8, 1, 9})
      .reshape({batch, y.padded_length(), x.padded_length(), rank, heads, width})
      .slice(1, 0, y.length)
      .slice(2, 0, x.length);
}

at::Tensor pad_blocks(const at::Tensor& blocks, const BlockGrid& grid, double fill) {
  const int64_t reach_y = grid.y.reach, reach_x = grid.x.reach;
  if (reach_y == 0 && reach_x == 0) return blocks;
  return at::constant_pad_nd(blocks, {0, 0, 0, 0, reach_x, reach_x, reach_y, reach_y}, fill);
}

at::Tensor crop_blocks(const at::Tensor& padded, const BlockGrid& grid) {
  return padded.narrow(2, grid.y.reach, grid.y.blocks).narrow(3, grid.x.reach, grid.x.blocks);
}

at::Tensor gather_neighbours(const at::Tensor& padded, const BlockGrid& grid) {
  const at::Tensor windows =
      padded.unfold(2, grid.y.neighbours(), 1).unfold(3, grid.x.neighbours(), 1).permute({0, 1, 2, 3, 6, 7, 4, 5});
  return windows.reshape({windows.size(0), windows.size(1), windows.size(2), windows.size(3),
                          grid.neighbours() * windows.size(6), windows.size(7)});
}

void scatter_neighbours(const at::Tensor& gathered, const BlockGrid& grid, at::Tensor& padded) {
  const int64_t rows = gathered.size(2), columns = gathered.size(3);
  const std::vector<at::Tensor> neighbours = gathered.chunk(grid.neighbours(), 4);
  for (int64_t y = 0; y < grid.y.neighbours(); ++y) {
    for (int64_t x = 0; x < grid.x.neighbours(); ++x) {
      padded.narrow(2, y, rows).narrow(3, x, columns).add_(neighbours[y * grid.x.neighbours() + x]);
    }
  }
}

}  // namespace multipole::reference

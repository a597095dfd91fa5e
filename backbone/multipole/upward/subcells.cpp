#include "backbone/multipole/upward/subcells.h"

#include <ATen/ATen.h>

#include "backbone/multipole/quadtree.h"

namespace multipole::reference {

SubcellCounts subcell_counts(const SubcellGrid& grid, int64_t level, const at::TensorOptions& options) {
  // counts of the sub-cells of one axis, shaped (cells, s)
  const auto axis_counts = [&](int64_t tokens, bool whole) {
    const int64_t cells = level_cells(level, tokens, grid.cell);
    at::Tensor counts = at::empty({cells, grid.side}, at::kLong);
    int64_t* out = counts.data_ptr<int64_t>();
    for (int64_t g = 0; g < cells * grid.side; ++g) {
      out[g] = whole ? subcell_tokens(g, level, grid.cell, grid.side).size()
                     : subcell_mass(g, level, grid.cell, grid.side, tokens);
    }
    return counts.to(options);
  };
  const auto grid_counts = [&](bool whole) {
    const at::Tensor rows = axis_counts(grid.height, whole), columns = axis_counts(grid.width, whole);
    return (rows.view({-1, 1, grid.side, 1}) * columns.view({1, -1, 1, grid.side})).flatten(2);
  };
  return {grid_counts(false), grid_counts(true)};
}

SubcellStep::SubcellStep(const SubcellGrid& grid, int64_t level, const at::Device& device)
    : y_(make_axis(grid.height, grid, level, device)), x_(make_axis(grid.width, grid, level, device)) {}

SubcellStep::Axis SubcellStep::make_axis(int64_t tokens, const SubcellGrid& grid, int64_t level,
                                         const at::Device& device) {
  const int64_t fine = level == 1 ? tokens : level_cells(level - 1, tokens, grid.cell) * grid.side;
  const int64_t coarse = level_cells(level, tokens, grid.cell) * grid.side;
  const int64_t most = level == 1 ? ceil_div(grid.cell, grid.side) : 2;
  at::Tensor coarse_of_fine = at::empty({fine}, at::kLong);
  at::Tensor fine_of_coarse = at::full({coarse, most}, fine, at::kLong);
  int64_t* up = coarse_of_fine.data_ptr<int64_t>();
  int64_t* down = fine_of_coarse.data_ptr<int64_t>();
  int64_t place = 0;
  for (int64_t i = 0; i < fine; ++i) {
    up[i] = level == 1 ? subcell_of_token(i, 1, grid.cell, grid.side) : i / 2;
    place = i > 0 && up[i] == up[i - 1] ? place + 1 : 0;
    down[up[i] * most + place] = i;
  }
  return {coarse_of_fine.to(device), fine_of_coarse.to(device)};
}

at::Tensor SubcellStep::expand(const at::Tensor& coarse) const {
  return coarse.index_select(1, y_.coarse_of_fine).index_select(2, x_.coarse_of_fine);
}

// The fine sites of each coarse one along `dim`, in a new dimension after it.
at::Tensor SubcellStep::members(const at::Tensor& fine, int64_t dim, const Axis& axis, double none) {
  const at::Tensor missing = at::full_like(fine.narrow(dim, 0, 1), none);
  return at::cat({fine, missing}, dim)
      .index_select(dim, axis.fine_of_coarse.flatten())
      .unflatten(dim, {axis.fine_of_coarse.size(0), axis.fine_of_coarse.size(1)});
}

at::Tensor SubcellStep::sum(const at::Tensor& fine) const {
  return members(members(fine, 1, y_, 0).sum(2), 2, x_, 0).sum(3);
}

at::Tensor SubcellStep::min(const at::Tensor& fine, double none) const {
  return members(members(fine, 1, y_, none).amin(2), 2, x_, none).amin(3);
}

at::Tensor cells_to_subcells(const at::Tensor& cells, int64_t side) {
  const int64_t batch = cells.size(0), rows = cells.size(1), columns = cells.size(2);
  return cells.reshape({batch, rows, columns, side, side, cells.size(4), cells.size(5)})
      .permute({0, 1, 3, 2, 4, 5, 6})
      .reshape({batch, rows * side, columns * side, 1, cells.size(4), cells.size(5)});
}

at::Tensor subcells_to_cells(const at::Tensor& subcells, int64_t side) {
  const int64_t batch = subcells.size(0), rows = subcells.size(1) / side, columns = subcells.size(2) / side;
  return subcells.reshape({batch, rows, side, columns, side, subcells.size(4), subcells.size(5)})
      .permute({0, 1, 3, 2, 4, 5, 6})
      .reshape({batch, rows, columns, side * side, subcells.size(4), subcells.size(5)});
}

}  // namespace multipole::reference

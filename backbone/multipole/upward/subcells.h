// Moves per-site values between tokens, level-1 sub-cells, level-2 sub-cells and so on (the linear variant's downward
// pass and its adjoint), and tensors of sub-cell masses.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole::reference {

// What the sub-cells of an H x W grid depend on.
struct SubcellGrid {
  int64_t height, width;  // tokens
  int64_t cell;           // r
  int64_t side;           // s: s * s sub-cells in a cell
};

// Real tokens of every sub-cell of a level, and the token count of a whole one: both (Hl, Wl, s * s).
struct SubcellCounts {
  at::Tensor mass, full;
};

SubcellCounts subcell_counts(const SubcellGrid& grid, int64_t level, const at::TensorOptions& options);

// One step between two resolutions of a grid: level 0 is the tokens, level l the sub-cells of level l.
// Each fine site lies in one coarse site.
class SubcellStep {
 public:
  // From `level` - 1 to `level`.
  SubcellStep(const SubcellGrid& grid, int64_t level, const at::Device& device);

  // Fine values (B, Yf, Xf, ...) of coarse ones (B, Yc, Xc, ...): each fine site takes its coarse site's value.
  at::Tensor expand(const at::Tensor& coarse) const;
  // Coarse values: the sum over the fine sites, or the smallest (`none` where a coarse site has no fine one).
  at::Tensor sum(const at::Tensor& fine) const;
  at::Tensor min(const at::Tensor& fine, double none) const;

 private:
  struct Axis {
    at::Tensor coarse_of_fine;  // (fine)
    at::Tensor fine_of_coarse;  // (coarse, most fine sites of a coarse one); the number of fine sites: none
  };
  static Axis make_axis(int64_t tokens, const SubcellGrid& grid, int64_t level, const at::Device& device);
  static at::Tensor members(const at::Tensor& fine, int64_t dim, const Axis& axis, double none);

  Axis y_, x_;
};

// (B, Hl, Wl, s * s, heads, d) <-> (B, Hl * s, Wl * s, 1, heads, d): summaries by cell, or as one grid of sub-cells.
at::Tensor cells_to_subcells(const at::Tensor& cells, int64_t side);
at::Tensor subcells_to_cells(const at::Tensor& subcells, int64_t side);

}  // namespace multipole::reference

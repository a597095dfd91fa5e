// Which tokens and cells a tile of rows meets: rectangles of the grid, cut at its border.
#pragma once

#include <cmath>

#include "backbone/multipole/cuda/problem.h"
#include "backbone/multipole/quadtree.h"

namespace multipole::cuda {

struct Place {
  int y, x;
};

// Half-open on both axes.
struct Rectangle {
  int y0, x0, y1, x1;

  MULTIPOLE_HOST_DEVICE int height() const { return y1 - y0; }
  MULTIPOLE_HOST_DEVICE int width() const { return x1 - x0; }
  MULTIPOLE_HOST_DEVICE int size() const { return height() * width(); }
  MULTIPOLE_HOST_DEVICE Place place(int index) const { return {y0 + index / width(), x0 + index % width()}; }
};

MULTIPOLE_HOST_DEVICE inline Rectangle rectangle(IndexRange rows, IndexRange columns) {
  return {static_cast<int>(rows.begin), static_cast<int>(columns.begin), static_cast<int>(rows.end),
          static_cast<int>(columns.end)};
}

// The cells of `cells`, each side_y x side_x tokens, as tokens of the grid.
MULTIPOLE_HOST_DEVICE inline Rectangle tokens_of_cells(const Problem& p, const Rectangle& cells, int side_y,
                                                       int side_x) {
  return {cells.y0 * side_y, cells.x0 * side_x, static_cast<int>(smaller(int64_t{cells.y1} * side_y, p.height)),
          static_cast<int>(smaller(int64_t{cells.x1} * side_x, p.width))};
}

// Tokens of the 3 x 3 cells around a finest cell: the keys that its queries see, and the queries that see its keys.
MULTIPOLE_HOST_DEVICE inline Rectangle near_tokens(const Problem& p, Place cell) {
  return tokens_of_cells(p, rectangle(near_cells(cell.y, p.cells_y()), near_cells(cell.x, p.cells_x())), p.cell_height,
                         p.cell_width);
}

// Cells of level l + 1 that the four children of `parent` have in their interaction lists, their near cells included.
MULTIPOLE_HOST_DEVICE inline Rectangle parent_near(const Problem& p, int l, Place parent) {
  return rectangle(parent_near_cells(2 * parent.y, p.level[l].rows),
                   parent_near_cells(2 * parent.x, p.level[l].columns));
}

// Side of a cell of level l + 1 in tokens. A grid of one row has cells of one row at every level.
MULTIPOLE_HOST_DEVICE inline int level_height(const Problem& p, int l) { return p.cell_height << l; }
MULTIPOLE_HOST_DEVICE inline int level_width(const Problem& p, int l) { return p.cell_width << l; }

// The interaction list of one cell: the cells around its parent without those around itself, row by row.
struct InteractionList {
  Rectangle all, near;

  MULTIPOLE_HOST_DEVICE int size() const { return all.size() - near.size(); }
  MULTIPOLE_HOST_DEVICE Place cell(int index) const {
    const int above = (near.y0 - all.y0) * all.width(), beside = all.width() - near.width();
    if (index < above) return all.place(index);
    index -= above;
    if (index < near.height() * beside) {
      const int x = all.x0 + index % beside;
      return {near.y0 + index / beside, x < near.x0 ? x : x + near.width()};
    }
    index -= near.height() * beside;
    return {near.y1 + index / all.width(), all.x0 + index % all.width()};
  }
};

MULTIPOLE_HOST_DEVICE inline InteractionList interaction_list(const Problem& p, int l, Place cell) {
  const int64_t rows = p.level[l].rows, columns = p.level[l].columns;
  return {rectangle(parent_near_cells(cell.y, rows), parent_near_cells(cell.x, columns)),
          rectangle(near_cells(cell.y, rows), near_cells(cell.x, columns))};
}

// log2 of the number of tokens that summary j of a cell of level l + 1 stands for; kMaskedScore for none.
MULTIPOLE_HOST_DEVICE inline float log2_count(const Problem& p, int l, Place cell, int j) {
  if (p.equal_masses) return log2f(static_cast<float>(level_width(p, l)) / static_cast<float>(p.rank()));
  const int64_t rows =
      subcell_mass(cell.y * p.subcells_y + j / p.subcells_x, l + 1, p.cell_height, p.subcells_y, p.height);
  const int64_t columns =
      subcell_mass(cell.x * p.subcells_x + j % p.subcells_x, l + 1, p.cell_width, p.subcells_x, p.width);
  return rows * columns == 0 ? kMaskedScore : log2f(static_cast<float>(rows * columns));
}

// The summary of level l + 1 whose sub-cell a token lies in.
struct Summary {
  Place cell;
  int j;
};
MULTIPOLE_HOST_DEVICE inline Summary summary_of_token(const Problem& p, int l, Place token) {
  const int gy = static_cast<int>(subcell_of_token(token.y, l + 1, p.cell_height, p.subcells_y));
  const int gx = static_cast<int>(subcell_of_token(token.x, l + 1, p.cell_width, p.subcells_x));
  return {{gy / p.subcells_y, gx / p.subcells_x}, gy % p.subcells_y * p.subcells_x + gx % p.subcells_x};
}

}  // namespace multipole::cuda

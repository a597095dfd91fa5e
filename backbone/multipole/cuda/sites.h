// The rows of a tile and the columns that it meets. A site is a token (j = 0) or summary j of a cell; with a RowsView
// it gives the address of a row of head_dim elements. The coordinates of a site are what offset tables are read with:
// tokens in the near field, cells in the far field.
#pragma once

#include "backbone/multipole/cuda/geometry.h"
#include "backbone/multipole/cuda/problem.h"

namespace multipole::cuda {

constexpr int kTileRows = 16;
constexpr int kTileColumns = 16;

struct Site {
  int y, x, j;
  bool real;  // false: outside the grid, must neither be read nor written
};

// log2 of what a token, or a summary of level l + 1, weighs as a key: masked where it is taken out.
MULTIPOLE_HOST_DEVICE inline float log2_mass(const Problem& p, const Site& token, int64_t b, int64_t h) {
  return p.token_mass == nullptr ? 0 : p.token_mass[p.token_entry(b, h, token.y, token.x)];
}
MULTIPOLE_HOST_DEVICE inline float log2_mass(const Problem& p, int l, const Site& summary, int64_t b, int64_t h) {
  const float* given = p.level[l].mass;
  return given == nullptr ? log2_count(p, l, {summary.y, summary.x}, summary.j)
                          : given[p.summary_entry(l, b, h, summary.y, summary.x, summary.j)];
}

// ---------------------------------------------------------------------------------------------------------------- rows

// Tokens begin .. begin + 15 of a finest cell.
struct TokenRows {
  Place cell;
  int begin;

  MULTIPOLE_HOST_DEVICE Site site(const Problem& p, int row) const {
    const int index = begin + row, y = cell.y * p.cell_height + index / p.cell_width;
    const int x = cell.x * p.cell_width + index % p.cell_width;
    return {y, x, 0, index < p.cell_height * p.cell_width && y < p.height && x < p.width};
  }
};

// Summaries begin .. begin + 15 of the four children, cells of level l + 1, of a parent.
struct SummaryRows {
  Place parent;
  int level;  // l
  int begin;

  MULTIPOLE_HOST_DEVICE Site site(const Problem& p, int row) const {
    const int index = begin + row, child = index / p.rank();
    const int y = 2 * parent.y + child / 2 % 2, x = 2 * parent.x + child % 2;
    return {y, x, index % p.rank(), child < 4 && y < p.level[level].rows && x < p.level[level].columns};
  }
};

// Extra keys begin .. begin + 15.
struct ExtraRows {
  int begin;

  MULTIPOLE_HOST_DEVICE Site site(const Problem& p, int row) const {
    return {0, begin + row, 0, begin + row < p.num_extra};
  }
};

// ------------------------------------------------------------------------------------------------------------- columns

// Tokens of a rectangle, as keys (with their mass) or as queries. Coordinates are tokens (unit 1), or cells of
// unit_y x unit_x tokens.
struct TokenColumns {
  Rectangle tokens;
  int unit_y, unit_x;
  bool keys;

  MULTIPOLE_HOST_DEVICE int size(const Problem&) const { return tokens.size(); }
  MULTIPOLE_HOST_DEVICE Site site(const Problem&, int index) const {
    const Place place = tokens.place(index);
    return {place.y, place.x, 0, true};
  }
  MULTIPOLE_HOST_DEVICE Place coordinate(const Site& site) const { return {site.y / unit_y, site.x / unit_x}; }
  MULTIPOLE_HOST_DEVICE float addend(const Problem& p, const Site& site, int64_t b, int64_t h) const {
    return keys ? log2_mass(p, site, b, h) : 0;
  }
};

// The keys that every query sees.
struct ExtraColumns {
  MULTIPOLE_HOST_DEVICE int size(const Problem& p) const { return p.num_extra; }
  MULTIPOLE_HOST_DEVICE Site site(const Problem&, int index) const { return {0, index, 0, true}; }
  MULTIPOLE_HOST_DEVICE Place coordinate(const Site&) const { return {}; }
  MULTIPOLE_HOST_DEVICE float addend(const Problem&, const Site&, int64_t, int64_t) const { return 0; }
};

// All summaries of a rectangle of cells of level l + 1, as keys (with their mass) or as queries.
struct SummaryColumns {
  Rectangle cells;
  int level;
  bool keys;

  MULTIPOLE_HOST_DEVICE int size(const Problem& p) const { return cells.size() * p.rank(); }
  MULTIPOLE_HOST_DEVICE Site site(const Problem& p, int index) const {
    const Place place = cells.place(index / p.rank());
    return {place.y, place.x, index % p.rank(), true};
  }
  MULTIPOLE_HOST_DEVICE Place coordinate(const Site& site) const { return {site.y, site.x}; }
  MULTIPOLE_HOST_DEVICE float addend(const Problem& p, const Site& site, int64_t b, int64_t h) const {
    return keys ? log2_mass(p, level, site, b, h) : 0;
  }
};

// All summaries of the interaction list of one cell: every row lies in that cell, so the bias belongs to the column.
struct ListColumns {
  InteractionList list;
  int level;
  Place own;
  OffsetTable table;

  MULTIPOLE_HOST_DEVICE int size(const Problem& p) const { return list.size() * p.rank(); }
  MULTIPOLE_HOST_DEVICE Site site(const Problem& p, int index) const {
    const Place place = list.cell(index / p.rank());
    return {place.y, place.x, index % p.rank(), true};
  }
  MULTIPOLE_HOST_DEVICE Place coordinate(const Site& site) const { return {site.y, site.x}; }
  MULTIPOLE_HOST_DEVICE float addend(const Problem& p, const Site& site, int64_t b, int64_t h) const {
    const float bias = table.score(site.y - own.y, site.x - own.x);
    const float mass = log2_mass(p, level, site, b, h);
    return is_masked(bias) || is_masked(mass) ? kMaskedScore : bias + mass;
  }
};

MULTIPOLE_HOST_DEVICE inline ListColumns list_columns(const Problem& p, int l, Place cell, int64_t h) {
  const Place own = {cell.y >> l, cell.x >> l};
  return {interaction_list(p, l, own), l, own, p.level[l].table.of_head(h)};
}

// --------------------------------------------------------------------------------------------------------------- tiles

// Where a tile stands: the problem is cut into tiles numbered image by image, head by head, place by place.
struct TilePlace {
  int64_t b, h;
  Place place;
  int begin;  // first row of the tile in its cell or family of cells
};

struct TileGrid {
  int64_t batch, heads;
  int rows, columns, parts;

  MULTIPOLE_HOST_DEVICE int64_t tiles_of_head() const { return int64_t{rows} * columns * parts; }
  MULTIPOLE_HOST_DEVICE int64_t size() const { return batch * heads * tiles_of_head(); }
  MULTIPOLE_HOST_DEVICE TilePlace tile(int64_t index) const {
    const int64_t group = index / tiles_of_head();
    return tile_in(group / heads, group % heads, index % tiles_of_head());
  }

  // The tiles of one head in all images, in chunks of nearly equal size.
  MULTIPOLE_HOST_DEVICE TilePlace tile_of_head(int64_t head, int64_t index) const {
    return tile_in(index / tiles_of_head(), head, index % tiles_of_head());
  }
  MULTIPOLE_HOST_DEVICE IndexRange chunk_of_head(int64_t chunk, int64_t chunks) const {
    const int64_t tiles = batch * tiles_of_head(), share = ceil_div(tiles, chunks);
    return {smaller(tiles, chunk * share), smaller(tiles, (chunk + 1) * share)};
  }

 private:
  MULTIPOLE_HOST_DEVICE TilePlace tile_in(int64_t image, int64_t head, int64_t index) const {
    const int place = static_cast<int>(index / parts);
    return {image, head, {place / columns, place % columns}, static_cast<int>(index % parts) * kTileRows};
  }
};

MULTIPOLE_HOST_DEVICE inline TileGrid token_tiles(const Problem& p) {
  return {p.batch, p.heads, p.cells_y(), p.cells_x(),
          static_cast<int>(ceil_div(p.cell_height * p.cell_width, kTileRows))};
}

MULTIPOLE_HOST_DEVICE inline TileGrid summary_tiles(const Problem& p, int l) {
  return {p.batch, p.heads, (p.level[l].rows + 1) / 2, (p.level[l].columns + 1) / 2,
          static_cast<int>(ceil_div(4 * p.rank(), kTileRows))};
}

MULTIPOLE_HOST_DEVICE inline TileGrid extra_tiles(const Problem& p) {
  return {p.batch, p.heads, 1, 1, static_cast<int>(ceil_div(p.num_extra, kTileRows))};
}

}  // namespace multipole::cuda

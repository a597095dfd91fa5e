// The inner loop that all kernels share: the products of a tile of 16 rows with 16 columns, their scores, and sums of
// the columns' elements weighted by them.
#pragma once

#include "backbone/multipole/cuda/sites.h"
#include "backbone/multipole/cuda/warp/tensor_core.h"

namespace multipole::cuda {

// What a lane knows of the two rows, g and g + 8, that it holds.
struct RowPair {
  Site site[2];
  Place coordinate[2];
};

template <class Rows>
MULTIPOLE_DEVICE RowPair own_rows(const Problem& p, const Rows& rows) {
  RowPair pair;
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    pair.site[half] = rows.site(p, quad_index() + 8 * half);
    pair.coordinate[half] = {pair.site[half].y, pair.site[half].x};
  }
  return pair;
}

// Elements of 16 rows, as the first operand of dot().
template <class T, int kChunks>
struct RowElements {
  Eight<T> half[2][kChunks];

  MULTIPOLE_DEVICE void load(const RowsView& view, const RowPair& rows, int64_t b, int64_t h, int head_dim) {
    MULTIPOLE_UNROLL
    for (int i = 0; i < 2; ++i) {
      const Site& site = rows.site[i];
      const T* row = static_cast<const T*>(view.data);
      if (site.real) row += view.offset(b, site.y, site.x, site.j, h);
      MULTIPOLE_UNROLL
      for (int c = 0; c < kChunks; ++c) {
        const int element = kChunk * c + 8 * index_in_quad();
        half[i][c] = load_eight(row + element, site.real && element < head_dim);
      }
    }
  }
};

// One column as lanes 0 to 15 hold it. `first` and `second` are the offsets of the elements that scores and that
// weights are multiplied with.
struct Column {
  Site site;
  Place coordinate;
  int64_t first, second;
  float addend;
};

// Column begin + lane of `columns`; lanes past the end, and 16 to 31, get a masked copy of the first one.
template <class Columns>
MULTIPOLE_DEVICE Column own_column(const Problem& p, const Columns& columns, int begin, int end, const RowsView& first,
                                   const RowsView& second, int64_t b, int64_t h) {
  const int index = begin + lane_index();
  Column column;
  column.site = columns.site(p, lane_index() < kTileColumns && index < end ? index : 0);
  column.site.real = lane_index() < kTileColumns && index < end;
  column.coordinate = columns.coordinate(column.site);
  column.first = first.offset(b, column.site.y, column.site.x, column.site.j, h);
  column.second = second.offset(b, column.site.y, column.site.x, column.site.j, h);
  column.addend = column.site.real ? columns.addend(p, column.site, b, h) : kMaskedScore;
  return column;
}

// The lane that holds the column of entry e of a half.
MULTIPOLE_DEVICE int column_lane(int half, int entry) { return 8 * half + 2 * index_in_quad() + entry % 2; }

// products[half][entry] += row . column
template <class T, int kChunks>
MULTIPOLE_DEVICE void add_products(float (&products)[2][4], const RowElements<T, kChunks>& rows, const RowsView& view,
                                   int64_t offset, int head_dim) {
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const T* column = static_cast<const T*>(view.data) + shuffle(offset, 8 * half + quad_index());
    MULTIPOLE_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      const int element = kChunk * c + 8 * index_in_quad();
      dot<T>(products[half], rows.half[0][c], rows.half[1][c], load_eight(column + element, element < head_dim));
    }
  }
}

// sum[row] += weights[row, column] * column, in the layout of weigh().
template <class T, int kChunks>
MULTIPOLE_DEVICE void add_weighted(float (&sum)[kChunks][4][4], const float (&weights)[2][4], const RowsView& view,
                                   int64_t offset, int head_dim) {
  const T* column[4];
  MULTIPOLE_UNROLL
  for (int i = 0; i < 4; ++i) column[i] = static_cast<const T*>(view.data) + shuffle(offset, column_lane(i / 2, i));
  MULTIPOLE_UNROLL
  for (int c = 0; c < kChunks; ++c) {
    const int element = kChunk * c + 4 * quad_index();
    Four<T> elements[4];
    MULTIPOLE_UNROLL
    for (int i = 0; i < 4; ++i) elements[i] = load_four(column[i] + element, element < head_dim);
    weigh<T>(sum[c], weights, elements);
  }
}

// How pairs of a row and a column are scored beyond their product.
struct PairScoring {
  OffsetTable table;
  int sign;  // 1: offset = column - row (rows are queries); -1: row - column (rows are keys)
  float row_addend[2];
};

// Scores in units of log2: scale * product + what belongs to the column, to the row and to their offset.
MULTIPOLE_DEVICE void to_scores(float (&entries)[2][4], const RowPair& rows, const Column& column,
                                const PairScoring& scoring, float scale) {
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    MULTIPOLE_UNROLL
    for (int side = 0; side < 2; ++side) {
      const int source = column_lane(half, side);
      const float addend = shuffle(column.addend, source);
      Place place = {};
      if (!scoring.table.empty()) {
        place = {shuffle(column.coordinate.y, source), shuffle(column.coordinate.x, source)};
      }
      MULTIPOLE_UNROLL
      for (int i = 0; i < 2; ++i) {  // rows g and g + 8
        float extra = addend + scoring.row_addend[i];
        if (!scoring.table.empty() && rows.site[i].real && !is_masked(extra)) {
          extra += scoring.table.score(scoring.sign * (place.y - rows.coordinate[i].y),
                                       scoring.sign * (place.x - rows.coordinate[i].x));
        }
        float& entry = entries[half][2 * i + side];
        entry = is_masked(extra) ? kMaskedScore : entry * scale + extra;
      }
    }
  }
}

// Writes one row of a tile's sums, times `factor`, as T.
template <class T, int kChunks>
MULTIPOLE_DEVICE void store_row(T* row, const float (&sum)[kChunks][4][4], int half, float factor, int head_dim) {
  MULTIPOLE_UNROLL
  for (int c = 0; c < kChunks; ++c) {
    const int element = kChunk * c + 8 * index_in_quad();
    float values[8];
    gather_row(values, sum[c], half);
    MULTIPOLE_UNROLL
    for (int i = 0; i < 8; ++i) values[i] *= factor;
    if (element < head_dim) store_eight(row + element, values);
  }
}

}  // namespace multipole::cuda

// Weighted sums over cells (upward_pass.h) as the GPU computes them: one thread for each output number, neighbouring
// threads for neighbouring channels, so that every load is coalesced. Bound by memory; no tensor cores.
#pragma once

#include <cstdint>

#include "backbone/multipole/cuda/problem.h"
#include "backbone/multipole/cuda/warp/element.h"

namespace multipole::cuda {

struct CellSumProblem {
  int64_t batch, height, width, entries, channels;
  int64_t cell_height, cell_width, rank;
  int64_t rows, columns;  // cells; the last ones may be ragged
  RowsView x;             // `summary` is the stride of an entry; `head` is unused
  const float* weights;   // (rank, cell_height, cell_width, entries, channels)
  float* out;             // (batch, rows, columns, rank, channels)
  const float* d_out;     // as out
  RowsView d_x;           // as x
  float* d_weights;       // (chunks, shape of weights)
  int64_t chunks;         // shares of the (batch x rows) rows of cells

  MULTIPOLE_HOST_DEVICE int64_t num_weights() const { return rank * cell_height * cell_width * entries * channels; }
  MULTIPOLE_HOST_DEVICE int64_t weight(int64_t j, int64_t y, int64_t x_in_cell, int64_t e, int64_t c) const {
    return (((j * cell_height + y) * cell_width + x_in_cell) * entries + e) * channels + c;
  }
  MULTIPOLE_HOST_DEVICE int64_t sum(int64_t b, int64_t row, int64_t column, int64_t j, int64_t c) const {
    return (((b * rows + row) * columns + column) * rank + j) * channels + c;
  }
};

template <class T>
MULTIPOLE_DEVICE float load_one(const RowsView& view, int64_t element) {
  return to_float(static_cast<const T*>(view.data)[element]);
}

// Takes the last dimension of size `size` off an index and returns the place in it.
MULTIPOLE_HOST_DEVICE inline int64_t take(int64_t& index, int64_t size) {
  const int64_t place = index % size;
  index /= size;
  return place;
}

// Number `index` of out.
template <class T>
MULTIPOLE_DEVICE void cell_sum_forward(const CellSumProblem& p, int64_t index) {
  const int64_t to = index;
  const int64_t c = take(index, p.channels), j = take(index, p.rank), column = take(index, p.columns);
  const int64_t row = take(index, p.rows), b = index;
  const int64_t height = smaller(p.cell_height, p.height - row * p.cell_height);
  const int64_t width = smaller(p.cell_width, p.width - column * p.cell_width);
  float sum = 0;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t site = p.x.offset(b, row * p.cell_height + y, column * p.cell_width + x, 0, 0) + c;
      for (int64_t e = 0; e < p.entries; ++e) {
        sum += load_one<T>(p.x, site + e * p.x.summary) * p.weights[p.weight(j, y, x, e, c)];
      }
    }
  }
  p.out[to] = sum;
}

// Number `index` of d_x, (batch, height, width, entries, channels).
template <class T>
MULTIPOLE_DEVICE void cell_sum_backward_x(const CellSumProblem& p, int64_t index) {
  const int64_t c = take(index, p.channels), e = take(index, p.entries), x = take(index, p.width);
  const int64_t y = take(index, p.height), b = index;
  float sum = 0;
  for (int64_t j = 0; j < p.rank; ++j) {
    sum += p.d_out[p.sum(b, y / p.cell_height, x / p.cell_width, j, c)] *
           p.weights[p.weight(j, y % p.cell_height, x % p.cell_width, e, c)];
  }
  store_one(static_cast<T*>(p.d_x.data) + p.d_x.offset(b, y, x, e, 0) + c, sum);
}

// Number `index` of d_weights: a chunk of the rows of cells, summed in order.
template <class T>
MULTIPOLE_DEVICE void cell_sum_backward_weights(const CellSumProblem& p, int64_t index) {
  const int64_t to = index;
  const int64_t c = take(index, p.channels), e = take(index, p.entries), x = take(index, p.cell_width);
  const int64_t y = take(index, p.cell_height), j = take(index, p.rank), chunk = index;
  const int64_t rows = p.batch * p.rows;
  float sum = 0;
  for (int64_t i = chunk * rows / p.chunks; i < (chunk + 1) * rows / p.chunks; ++i) {
    const int64_t b = i / p.rows, row = i % p.rows, site_y = row * p.cell_height + y;
    if (site_y >= p.height) continue;
    for (int64_t column = 0; column < p.columns && column * p.cell_width + x < p.width; ++column) {
      sum += p.d_out[p.sum(b, row, column, j, c)] *
             load_one<T>(p.x, p.x.offset(b, site_y, column * p.cell_width + x, e, 0) + c);
    }
  }
  p.d_weights[to] = sum;
}

}  // namespace multipole::cuda

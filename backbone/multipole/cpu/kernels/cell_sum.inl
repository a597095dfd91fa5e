// Weighted sums over cells, channel by channel: see cell_sum_params.h. Eight channels at a time in every instruction
// set, because the loads bound it and not the arithmetic.

constexpr int64_t kLane8 = 8;

MULTIPOLE_INLINE Float8 load8(const void* base, int64_t element, Storage storage) {
  Float8 value;
  load_row(reinterpret_cast<float*>(&value), base, element, kLane8, storage);
  return value;
}

MULTIPOLE_INLINE Float8 load8(const float* from) { return *reinterpret_cast<const Float8*>(from); }
MULTIPOLE_INLINE void add8(float* to, Float8 value) { *reinterpret_cast<Float8*>(to) = load8(to) + value; }

// visit(element of x, offset into one summary's weights) for every entry of a cell that is inside the grid
template <class Visit>
MULTIPOLE_INLINE void for_each_entry(const CellSumParams& p, int64_t b, int64_t row, int64_t column, Visit visit) {
  const int64_t height = smaller(p.cell_height, p.height - row * p.cell_height);
  const int64_t width = smaller(p.cell_width, p.width - column * p.cell_width);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const int64_t site = p.x.element(b, row * p.cell_height + y, column * p.cell_width + x, 0, 0);
      const int64_t weight = (y * p.cell_width + x) * p.entries * p.channels;
      for (int64_t e = 0; e < p.entries; ++e) visit(site + e * p.x.summary, weight + e * p.channels);
    }
  }
}

MULTIPOLE_INLINE int64_t weights_of_summary(const CellSumParams& p) {
  return p.cell_height * p.cell_width * p.entries * p.channels;
}

template <int Rank>
MULTIPOLE_INLINE void sum_cell(const CellSumParams& p, int64_t b, int64_t row, int64_t column, int64_t j, float* out) {
  const int64_t summary = weights_of_summary(p);
  for (int64_t c = 0; c < p.channels; c += kLane8) {
    Float8 sum[Rank] = {};
    for_each_entry(p, b, row, column, [&](int64_t element, int64_t weight) {
      const Float8 x = load8(p.x.data, element + c, p.storage);
      const float* weights = p.weights + j * summary + weight + c;
#pragma GCC unroll 4
      for (int n = 0; n < Rank; ++n) sum[n] += x * load8(weights + n * summary);
    });
#pragma GCC unroll 4
    for (int n = 0; n < Rank; ++n) *reinterpret_cast<Float8*>(out + (j + n) * p.channels + c) = sum[n];
  }
}

// One row of cells of one image.
void cell_sum_row(const CellSumParams& p, int64_t b, int64_t row) {
  for (int64_t column = 0; column < p.columns; ++column) {
    float* out = p.out + ((b * p.rows + row) * p.columns + column) * p.rank * p.channels;
    int64_t j = 0;
    for (; j + 4 <= p.rank; j += 4) sum_cell<4>(p, b, row, column, j, out);
    for (; j < p.rank; ++j) sum_cell<1>(p, b, row, column, j, out);
  }
}

// Gradients of one row of cells: writes d_x of its sites, adds to the weights of `chunk`.
void cell_sum_backward_row(const CellSumParams& p, const CellSumGradParams& g, int64_t b, int64_t row, int64_t chunk) {
  const int64_t summary = weights_of_summary(p);
  float* d_weights = g.d_weights + chunk * p.rank * summary;
  CellSumParams d_view = p;
  d_view.x = g.d_x;
  for (int64_t column = 0; column < p.columns; ++column) {
    const float* d_out = g.d_out + ((b * p.rows + row) * p.columns + column) * p.rank * p.channels;
    for (int64_t c = 0; c < p.channels; c += kLane8) {
      for_each_entry(p, b, row, column, [&](int64_t element, int64_t weight) {
        const Float8 x = load8(p.x.data, element + c, p.storage);
        for (int64_t j = 0; j < p.rank; ++j) {
          add8(d_weights + j * summary + weight + c, x * load8(d_out + j * p.channels + c));
        }
      });
      for_each_entry(d_view, b, row, column, [&](int64_t element, int64_t weight) {
        Float8 d_x = {};
        for (int64_t j = 0; j < p.rank; ++j) {
          d_x += load8(d_out + j * p.channels + c) * load8(p.weights + j * summary + weight + c);
        }
        store_row(reinterpret_cast<const float*>(&d_x), g.d_x.data, element + c, kLane8, 1, p.storage);
      });
    }
  }
}

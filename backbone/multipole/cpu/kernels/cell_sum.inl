// Weighted sums over cells, channel by channel: see cell_sum_params.h.

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

// Neighbouring channels that are summed together: eight, or as many as a longer vector holds. Plain functions, because
// GCC forgets that a type may be unaligned where it depends on a template's argument.
struct EightChannels {
  using Floats = Float8;
  MULTIPOLE_INLINE Floats read(const float* from) { return load8(from); }
  MULTIPOLE_INLINE Floats read(const uint16_t* from) {
    return load8(static_cast<const void*>(from), 0, Storage::bfloat16);
  }
  MULTIPOLE_INLINE void write(float* to, Floats value) { *reinterpret_cast<Float8*>(to) = value; }
};
#if MULTIPOLE_SIMD_WIDTH == 16
struct ManyChannels {
  using Floats = Vec;
  MULTIPOLE_INLINE Floats read(const float* from) { return load(from); }
  MULTIPOLE_INLINE Floats read(const uint16_t* from) {
    Vec value;
    load_row(reinterpret_cast<float*>(&value), from, 0, kWidth, Storage::bfloat16);
    return value;
  }
  MULTIPOLE_INLINE void write(float* to, Floats value) { store(to, value); }
};
#else
using ManyChannels = EightChannels;
#endif
constexpr int64_t kManyChannels = sizeof(ManyChannels::Floats) / sizeof(float);

// A row of a cell: its sites, and the weights and sums that belong to them.
struct CellRow {
  int64_t first, sites;  // element of x of the first site; how many
  const float* weights;  // of the first summary, for the first site
  float* sums;           // of the first summary
  bool begins;           // the sums: nothing is there yet
};

MULTIPOLE_INLINE CellRow cell_row(const CellSumParams& p, int64_t b, int64_t row, int64_t y, int64_t column) {
  return {p.x.element(b, row * p.cell_height + y, column * p.cell_width, 0, 0),
          smaller(p.cell_width, p.width - column * p.cell_width), p.weights + y * p.cell_width * p.entries * p.channels,
          p.out + ((b * p.rows + row) * p.columns + column) * p.rank * p.channels, y == 0};
}

// How many cells ahead of its use memory is asked for: the order of channels before sites is not one that a processor
// foresees (512 x 512 tokens of 192 channels, one thread, rank 1: 13 ms against 25).
constexpr int64_t kCellsAhead = 2;

MULTIPOLE_INLINE void ask_for_cell_row(const CellSumParams& p, const CellRow& row, PrefetchQueue* prefetches) {
  const int64_t bytes = p.storage == Storage::float32 ? 4 : 2;
  prefetches->row_bytes = p.channels * bytes;
  prefetches->add({static_cast<const char*>(p.x.data) + row.first * bytes, p.x.column * bytes, p.x.summary * bytes,
                   row.sites, p.entries, false});
  prefetches->spread_over(p.channels / kManyChannels);
}

// Adds a row of a cell to the Channels from c on of summaries j .. j + Rank.
template <class Element, int Rank, class Channels>
MULTIPOLE_INLINE void add_channels(const CellSumParams& p, const CellRow& row, int64_t j, int64_t c) {
  const int64_t summary = weights_of_summary(p);
  float* sums = row.sums + j * p.channels + c;
  typename Channels::Floats sum[Rank] = {};
  if (!row.begins) {
#pragma GCC unroll 4
    for (int n = 0; n < Rank; ++n) sum[n] = Channels::read(sums + n * p.channels);
  }
  const float* weights = row.weights + j * summary + c;
  for (int64_t site = 0; site < row.sites; ++site) {
    const Element* x = static_cast<const Element*>(p.x.data) + row.first + site * p.x.column + c;
    for (int64_t e = 0; e < p.entries; ++e, x += p.x.summary, weights += p.channels) {
      const auto value = Channels::read(x);
#pragma GCC unroll 4
      for (int n = 0; n < Rank; ++n) sum[n] += value * Channels::read(weights + n * summary);
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < Rank; ++n) Channels::write(sums + n * p.channels, sum[n]);
}

template <class Element, int Rank>
MULTIPOLE_INLINE void add_summaries(const CellSumParams& p, const CellRow& row, int64_t j, PrefetchQueue* prefetches) {
  int64_t c = 0;
  for (; c + kManyChannels <= p.channels; c += kManyChannels) {
    prefetches->ask();
    add_channels<Element, Rank, ManyChannels>(p, row, j, c);
  }
  if (c < p.channels) add_channels<Element, Rank, EightChannels>(p, row, j, c);
}

// Goes along rows of sites, not from cell to cell, so that memory is read in its own order.
template <class Element>
static void cell_sum_row_of(const CellSumParams& p, int64_t b, int64_t row) {
  const int64_t height = smaller(p.cell_height, p.height - row * p.cell_height);
  PrefetchQueue prefetches;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t column = 0; column < p.columns; ++column) {
      if (column + kCellsAhead < p.columns) {
        ask_for_cell_row(p, cell_row(p, b, row, y, column + kCellsAhead), &prefetches);
      }
      const CellRow sites = cell_row(p, b, row, y, column);
      int64_t j = 0;
      for (; j + 4 <= p.rank; j += 4) add_summaries<Element, 4>(p, sites, j, &prefetches);
      for (; j < p.rank; ++j) add_summaries<Element, 1>(p, sites, j, &prefetches);
      prefetches.ask_for_rest();
    }
  }
}

// One row of cells of one image.
void cell_sum_row(const CellSumParams& p, int64_t b, int64_t row) {
  if (p.storage == Storage::float32) {
    cell_sum_row_of<float>(p, b, row);
  } else {
    cell_sum_row_of<uint16_t>(p, b, row);
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

// The forward pass of one tile of 16 queries, with an online softmax: nothing of size queries x keys is kept.
#pragma once

#include "backbone/multipole/cuda/tile.h"

namespace multipole::cuda {

struct ForwardOutput {
  RowsView out;                  // tokens, in the inputs' type
  float* lse;                    // (B, heads, H, W), natural logarithm; -infinity where a token saw no key
  float* level_out[kMaxLevels];  // linear variant: (B, heads, rows, columns, p, head_dim) of each level
  float* level_lse[kMaxLevels];  // (B, heads, rows, columns, p), log2; kMaskedScore where a summary saw no key
};

template <class T, int kChunks>
class OnlineSoftmax {
 public:
  template <class Columns>
  MULTIPOLE_DEVICE void attend(const Problem& p, const RowElements<T, kChunks>& query, const RowPair& rows,
                               const Columns& columns, const RowsView& key, const RowsView& value,
                               const OffsetTable& table, int64_t b, int64_t h) {
    const PairScoring scoring = {table, 1, {0, 0}};
    const int size = columns.size(p);
    for (int begin = 0; begin < size; begin += kTileColumns) {
      const Column column = own_column(p, columns, begin, size, key, value, b, h);
      float scores[2][4] = {};
      add_products(scores, query, key, column.first, p.head_dim);
      to_scores(scores, rows, column, scoring, p.scale);
      to_weights(scores);
      add_weighted<T>(out_, scores, value, column.second, p.head_dim);
    }
  }

  // To be called once after all columns: sums over the quad's lanes.
  MULTIPOLE_DEVICE void finish() {
    MULTIPOLE_UNROLL
    for (int i = 0; i < 2; ++i) sum_[i] = quad_sum(sum_[i]);
  }

  // Joins the result of a disjoint set of keys to row g (half 0) or g + 8 (half 1).
  MULTIPOLE_DEVICE void merge(int half, const float* out, float lse, int head_dim) {
    const float maximum = larger_of(maximum_[half], lse);
    const float weight = power_of_two(lse - maximum);
    rescale(half, maximum);
    sum_[half] += weight;
    MULTIPOLE_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      const int element = kChunk * c + 8 * index_in_quad();
      if (element >= head_dim) continue;
      MULTIPOLE_UNROLL
      for (int t = 0; t < 4; ++t) {
        out_[c][t][2 * half] += weight * out[element + t];
        out_[c][t][2 * half + 1] += weight * out[element + 4 + t];
      }
    }
  }

  // log2 of the sum of exponentials, kMaskedScore where no key counted. A sum that is NaN counted one, and stays NaN.
  MULTIPOLE_DEVICE float lse(int half) const {
    return sum_[half] <= 0 ? kMaskedScore : maximum_[half] + log2f(sum_[half]);
  }
  template <class Element>
  MULTIPOLE_DEVICE void store(Element* row, int half, int head_dim) const {
    store_row<Element, kChunks>(row, out_, half, sum_[half] <= 0 ? 0 : 1 / sum_[half], head_dim);
  }

 private:
  MULTIPOLE_DEVICE void rescale(int half, float maximum) {
    const float factor = power_of_two(maximum_[half] - maximum);
    maximum_[half] = maximum;
    sum_[half] *= factor;
    MULTIPOLE_UNROLL
    for (int c = 0; c < kChunks; ++c) {
      MULTIPOLE_UNROLL
      for (int t = 0; t < 4; ++t) {
        out_[c][t][2 * half] *= factor;
        out_[c][t][2 * half + 1] *= factor;
      }
    }
  }

  MULTIPOLE_DEVICE void to_weights(float (&scores)[2][4]) {
    MULTIPOLE_UNROLL
    for (int i = 0; i < 2; ++i) {
      float maximum = larger_of(larger_of(scores[0][2 * i], scores[0][2 * i + 1]),
                                larger_of(scores[1][2 * i], scores[1][2 * i + 1]));
      maximum = larger_of(maximum_[i], quad_max(maximum));
      rescale(i, maximum);
      MULTIPOLE_UNROLL
      for (int half = 0; half < 2; ++half) {
        MULTIPOLE_UNROLL
        for (int side = 0; side < 2; ++side) {
          float& entry = scores[half][2 * i + side];
          entry = is_masked(entry) ? 0 : power_of_two(entry - maximum);
          sum_[i] += entry;
        }
      }
    }
  }

  float out_[kChunks][4][4] = {};
  float maximum_[2] = {kMaskedScore, kMaskedScore};
  float sum_[2] = {0, 0};
};

// Tokens: the near field, the extra keys, and the far levels one by one (log-linear) or from the results of level_forward (linear).
template <class T, int kChunks>
MULTIPOLE_DEVICE void token_forward(const Problem& p, const ForwardOutput& output, const TilePlace& at) {
  const RowPair rows = own_rows(p, TokenRows{at.place, at.begin});
  RowElements<T, kChunks> query;
  query.load(p.query, rows, at.b, at.h, p.head_dim);
  OnlineSoftmax<T, kChunks> softmax;
  softmax.attend(p, query, rows, TokenColumns{near_tokens(p, at.place), 1, 1, true}, p.key, p.value,
                 p.near_table.of_head(at.h), at.b, at.h);
  softmax.attend(p, query, rows, ExtraColumns{}, p.extra_key, p.extra_value, {}, at.b, at.h);
  if (!p.linear) {
    for (int l = 0; l < p.num_levels; ++l) {
      softmax.attend(p, query, rows, list_columns(p, l, at.place, at.h), p.level[l].key, p.level[l].value, {}, at.b,
                     at.h);
    }
  }
  softmax.finish();
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    for (int l = 0; p.linear && l < p.num_levels; ++l) {
      const Summary summary = summary_of_token(p, l, {site.y, site.x});
      const int64_t entry = p.summary_entry(l, at.b, at.h, summary.cell.y, summary.cell.x, summary.j);
      const float lse = output.level_lse[l][entry];
      if (!is_masked(lse)) softmax.merge(half, output.level_out[l] + entry * p.head_dim, lse, p.head_dim);
    }
    softmax.store(static_cast<T*>(output.out.data) + output.out.offset(at.b, site.y, site.x, 0, at.h), half,
                  p.head_dim);
    if (index_in_quad() == 0) {
      const float lse = softmax.lse(half);
      output.lse[p.token_entry(at.b, at.h, site.y, site.x)] = is_masked(lse) ? -INFINITY : lse * kLn2;
    }
  }
}

// Linear variant: the summaries of the queries of level l + 1 with the keys of that level.
template <class T, int kChunks>
MULTIPOLE_DEVICE void level_forward(const Problem& p, const ForwardOutput& output, int l, const TilePlace& at) {
  const RowPair rows = own_rows(p, SummaryRows{at.place, l, at.begin});
  RowElements<T, kChunks> query;
  query.load(p.level[l].query, rows, at.b, at.h, p.head_dim);
  OnlineSoftmax<T, kChunks> softmax;
  softmax.attend(p, query, rows, SummaryColumns{parent_near(p, l, at.place), l, true}, p.level[l].key, p.level[l].value,
                 p.level[l].table.of_head(at.h), at.b, at.h);
  softmax.finish();
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    const int64_t entry = p.summary_entry(l, at.b, at.h, site.y, site.x, site.j);
    softmax.store(output.level_out[l] + entry * p.head_dim, half, p.head_dim);
    if (index_in_quad() == 0) output.level_lse[l][entry] = softmax.lse(half);
  }
}

}  // namespace multipole::cuda

// Gradients of queries: of tokens, and of query summaries in the linear variant. See backward_data.h.
#pragma once

#include "backbone/multipole/cuda/backward_data.h"

namespace multipole::cuda {

// Sums d_score * key over columns of keys for 16 queries, and hands each block of d_score to `bias`.
template <class T, int kChunks>
struct QueryGradient {
  RowElements<T, kChunks> query, d_out;
  QueryScalars scalars[2];
  float sum[kChunks][4][4] = {};

  template <class Columns, class Bias>
  MULTIPOLE_DEVICE void gather(const Problem& p, const RowPair& rows, const Columns& columns, const RowsView& key,
                               const RowsView& value, const OffsetTable& table, int64_t b, int64_t h, Bias&& bias) {
    const PairScoring scoring = {table, 1, {0, 0}};
    const int size = columns.size(p);
    for (int begin = 0; begin < size; begin += kTileColumns) {
      const Column column = own_column(p, columns, begin, size, key, value, b, h);
      float entries[2][4] = {}, d_weights[2][4] = {};
      add_products(entries, query, key, column.first, p.head_dim);
      to_scores(entries, rows, column, scoring, p.scale);
      add_products(d_weights, d_out, value, column.second, p.head_dim);
      MULTIPOLE_UNROLL
      for (int half = 0; half < 2; ++half) {
        MULTIPOLE_UNROLL
        for (int e = 0; e < 4; ++e) {
          entries[half][e] = weight_of(entries[half][e], scalars[e / 2].lse) * (d_weights[half][e] - scalars[e / 2].c);
        }
      }
      bias(entries, column);
      add_weighted<T>(sum, entries, key, column.first, p.head_dim);
    }
  }

  MULTIPOLE_DEVICE void store(const Problem& p, const RowsView& to, const RowPair& rows, int64_t b, int64_t h) const {
    MULTIPOLE_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Site& site = rows.site[half];
      if (!site.real) continue;
      T* row = static_cast<T*>(to.data) + to.offset(b, site.y, site.x, site.j, h);
      store_row<T, kChunks>(row, sum, half, p.scale * kLn2, p.head_dim);
    }
  }
};

// Tokens: near field, extra keys and, in the log-linear variant, the far levels.
// kBias: also sum up the gradients of the bias tables that are wanted.
template <class T, int kChunks, bool kBias>
MULTIPOLE_DEVICE void token_query_backward(const Problem& p, const BackwardData& data, const TilePlace& at,
                                           const BiasScratch& scratch) {
  const RowPair rows = own_rows(p, TokenRows{at.place, at.begin});
  QueryGradient<T, kChunks> gradient;
  gradient.query.load(p.query, rows, at.b, at.h, p.head_dim);
  gradient.d_out.load(data.token.d_out, rows, at.b, at.h, p.head_dim);
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) gradient.scalars[i] = token_scalars(p, data.token, rows.site[i], at.b, at.h);
  const OffsetTable near_table = p.near_table.of_head(at.h);
  gradient.gather(p, rows, TokenColumns{near_tokens(p, at.place), 1, 1, true}, p.key, p.value, near_table, at.b, at.h,
                  [&](const float(&d_scores)[2][4], const Column& column) {
                    if constexpr (kBias) {
                      if (data.bias.near) scatter_offsets(scratch, near_table, rows, column, d_scores);
                    }
                  });
  gradient.gather(p, rows, ExtraColumns{}, p.extra_key, p.extra_value, {}, at.b, at.h,
                  [](const float(&)[2][4], const Column&) {});
  for (int l = 0; !p.linear && l < p.num_levels; ++l) {
    const ListColumns columns = list_columns(p, l, at.place, at.h);
    RowPair cells = rows;  // all of them lie in one cell of this level
    cells.coordinate[0] = cells.coordinate[1] = columns.own;
    gradient.gather(p, rows, columns, p.level[l].key, p.level[l].value, {}, at.b, at.h,
                    [&](const float(&d_scores)[2][4], const Column& column) {
                      if constexpr (kBias) {
                        if (data.bias.far) gather_offsets(scratch, l, p.level[l].table, cells, column, d_scores);
                      }
                    });
  }
  gradient.store(p, data.d_query, rows, at.b, at.h);
}

// Linear variant: the query summaries of level l + 1.
template <class T, int kChunks, bool kBias>
MULTIPOLE_DEVICE void level_query_backward(const Problem& p, const BackwardData& data, int l, const TilePlace& at,
                                           const BiasScratch& scratch) {
  const RowPair rows = own_rows(p, SummaryRows{at.place, l, at.begin});
  const Level& level = p.level[l];
  QueryGradient<T, kChunks> gradient;
  gradient.query.load(level.query, rows, at.b, at.h, p.head_dim);
  gradient.d_out.load(data.level[l].d_out, rows, at.b, at.h, p.head_dim);
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) gradient.scalars[i] = summary_scalars(p, l, data.level[l], rows.site[i], at.b, at.h);
  gradient.gather(p, rows, SummaryColumns{parent_near(p, l, at.place), l, true}, level.key, level.value,
                  level.table.of_head(at.h), at.b, at.h, [&](const float(&d_scores)[2][4], const Column& column) {
                    if constexpr (kBias) {
                      if (data.bias.far) gather_offsets(scratch, l, level.table, rows, column, d_scores);
                    }
                  });
  gradient.store(p, data.d_level_query[l], rows, at.b, at.h);
}

}  // namespace multipole::cuda

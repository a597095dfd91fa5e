// The backward pass: scores are recomputed and turned into weights by the stored log-sum-exp. Queries gather from the
// keys that they see, and keys from the queries that see them (both relations are symmetric), so there are no atomics
// and the bits are the same in every run.
#pragma once

#include "backbone/multipole/cuda/bias_gradient.h"
#include "backbone/multipole/cuda/tile.h"

namespace multipole::cuda {

struct BackwardData {
  Upstream token;              // of the tokens: lse and c are (B, heads, H, W)
  Upstream level[kMaxLevels];  // linear variant: of the query summaries, (B, heads, rows, columns, p)
  RowsView d_query, d_key, d_value;
  RowsView d_level_query[kMaxLevels];  // linear variant
  // Sums over shares of the queries, for the keys of each far level: (shares, B, heads, rows, columns, p, head_dim)
  float *d_level_key[kMaxLevels], *d_level_value[kMaxLevels];
  int shares[kMaxLevels];
  BiasGradientOutput bias;
};

// What the weights of 16 queries follow from, per lane for the rows or columns that it holds.
struct QueryScalars {
  float lse, c;
};

MULTIPOLE_DEVICE QueryScalars token_scalars(const Problem& p, const Upstream& upstream, const Site& site, int64_t b,
                                            int64_t h) {
  if (!site.real) return {-kMaskedScore, 0};  // weight 0
  const int64_t entry = p.token_entry(b, h, site.y, site.x);
  return {upstream.lse[entry], upstream.c[entry]};
}

MULTIPOLE_DEVICE QueryScalars summary_scalars(const Problem& p, int l, const Upstream& upstream, const Site& site,
                                              int64_t b, int64_t h) {
  if (!site.real) return {-kMaskedScore, 0};
  const int64_t entry = p.summary_entry(l, b, h, site.y, site.x, site.j);
  return {upstream.lse[entry], upstream.c[entry]};
}

MULTIPOLE_DEVICE float weight_of(float score, float lse) {
  return is_masked(score) || is_masked(lse) ? 0 : power_of_two(score - lse);
}

// ------------------------------------------------------------------------------------------------ gradients of queries

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

// Tokens: near field and, in the log-linear variant, the far levels.
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
  gradient.gather(p, rows, TokenColumns{near_tokens(p, at.place), 1, 1}, p.key, p.value, near_table, at.b, at.h,
                  [&](const float(&d_scores)[2][4], const Column& column) {
                    if constexpr (kBias) {
                      if (data.bias.near) scatter_offsets(scratch, near_table, rows, column, d_scores);
                    }
                  });
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

// --------------------------------------------------------------------------------------------------- gradients of keys

// Sums weight * d_out and d_score * query over columns of queries for 16 keys.
template <class T, int kChunks>
struct KeyGradient {
  RowElements<T, kChunks> key, value;
  float d_key[kChunks][4][4] = {}, d_value[kChunks][4][4] = {};

  // scalars_of(site): lse and c of a query. Columns begin to end - 1 of `columns` are gathered.
  template <class Columns, class ScalarsOf>
  MULTIPOLE_DEVICE void gather(const Problem& p, const RowPair& rows, const Columns& columns, int first, int end,
                               const RowsView& query, const RowsView& d_out, const PairScoring& scoring, int64_t b,
                               int64_t h, ScalarsOf&& scalars_of) {
    for (int begin = first; begin < end; begin += kTileColumns) {
      const Column column = own_column(p, columns, begin, end, query, d_out, b, h);
      const QueryScalars own = scalars_of(column.site);
      float weights[2][4] = {}, d_scores[2][4] = {};
      add_products(weights, key, query, column.first, p.head_dim);
      to_scores(weights, rows, column, scoring, p.scale);
      add_products(d_scores, value, d_out, column.second, p.head_dim);
      MULTIPOLE_UNROLL
      for (int half = 0; half < 2; ++half) {
        MULTIPOLE_UNROLL
        for (int side = 0; side < 2; ++side) {
          const int source = column_lane(half, side);
          const float lse = shuffle(own.lse, source), c = shuffle(own.c, source);
          MULTIPOLE_UNROLL
          for (int i = 0; i < 2; ++i) {
            float& weight = weights[half][2 * i + side];
            float& d_score = d_scores[half][2 * i + side];
            weight = weight_of(weight, lse);
            d_score = weight * (d_score - c);
          }
        }
      }
      add_weighted<T>(d_value, weights, d_out, column.second, p.head_dim);
      add_weighted<T>(d_key, d_scores, query, column.first, p.head_dim);
    }
  }
};

template <class T, int kChunks>
MULTIPOLE_DEVICE void token_key_backward(const Problem& p, const BackwardData& data, const TilePlace& at) {
  const RowPair rows = own_rows(p, TokenRows{at.place, at.begin});
  KeyGradient<T, kChunks> gradient;
  gradient.key.load(p.key, rows, at.b, at.h, p.head_dim);
  gradient.value.load(p.value, rows, at.b, at.h, p.head_dim);
  const TokenColumns queries = {near_tokens(p, at.place), 1, 1};
  gradient.gather(p, rows, queries, 0, queries.size(p), p.query, data.token.d_out,
                  {p.near_table.of_head(at.h), -1, {0, 0}}, at.b, at.h,
                  [&](const Site& site) { return token_scalars(p, data.token, site, at.b, at.h); });
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    store_row<T, kChunks>(static_cast<T*>(data.d_key.data) + data.d_key.offset(at.b, site.y, site.x, 0, at.h),
                          gradient.d_key, half, p.scale * kLn2, p.head_dim);
    store_row<T, kChunks>(static_cast<T*>(data.d_value.data) + data.d_value.offset(at.b, site.y, site.x, 0, at.h),
                          gradient.d_value, half, 1, p.head_dim);
  }
}

// Keys of level l + 1, from share `share` of the queries around their parent: tokens (log-linear) or summaries.
template <class T, int kChunks>
MULTIPOLE_DEVICE void level_key_backward(const Problem& p, const BackwardData& data, int l, int share,
                                         const TilePlace& at) {
  const Level& level = p.level[l];
  const RowPair rows = own_rows(p, SummaryRows{at.place, l, at.begin});
  KeyGradient<T, kChunks> gradient;
  gradient.key.load(level.key, rows, at.b, at.h, p.head_dim);
  gradient.value.load(level.value, rows, at.b, at.h, p.head_dim);
  PairScoring scoring = {level.table.of_head(at.h), -1, {}};
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) {
    const Site& site = rows.site[i];
    scoring.row_addend[i] = site.real ? log2_mass(p, l, {site.y, site.x}, site.j) : kMaskedScore;
  }
  const Rectangle around = parent_near(p, l, at.place);
  const auto gather = [&](const auto& queries, const RowsView& query, const RowsView& d_out, const auto& scalars_of) {
    const int size = queries.size(p);
    const int columns = static_cast<int>(ceil_div(ceil_div(size, kTileColumns), data.shares[l])) * kTileColumns;
    const int first = share * columns, end = static_cast<int>(smaller(size, int64_t{first} + columns));
    gradient.gather(p, rows, queries, first, end, query, d_out, scoring, at.b, at.h, scalars_of);
  };
  if (p.linear) {
    gather(SummaryColumns{around, l, false}, level.query, data.level[l].d_out,
           [&](const Site& site) { return summary_scalars(p, l, data.level[l], site, at.b, at.h); });
  } else {
    const int side_y = level_height(p, l), side_x = level_width(p, l);
    gather(TokenColumns{tokens_of_cells(p, around, side_y, side_x), side_y, side_x}, p.query, data.token.d_out,
           [&](const Site& site) { return token_scalars(p, data.token, site, at.b, at.h); });
  }
  const int64_t entries = p.batch * p.heads * level.rows * level.columns * p.rank();
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    const int64_t entry = share * entries + p.summary_entry(l, at.b, at.h, site.y, site.x, site.j);
    store_row<float, kChunks>(data.d_level_key[l] + entry * p.head_dim, gradient.d_key, half, p.scale * kLn2,
                              p.head_dim);
    store_row<float, kChunks>(data.d_level_value[l] + entry * p.head_dim, gradient.d_value, half, 1, p.head_dim);
  }
}

}  // namespace multipole::cuda

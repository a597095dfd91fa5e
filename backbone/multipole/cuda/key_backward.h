// Gradients of keys and of what they weigh: of tokens, of extra keys and of summaries. See backward_data.h.
#pragma once

#include "backbone/multipole/cuda/backward_data.h"

namespace multipole::cuda {

// Sums weight * d_out, d_score * query and d_score over columns of queries for 16 keys.
template <class T, int kChunks>
struct KeyGradient {
  RowElements<T, kChunks> key, value;
  float d_key[kChunks][4][4] = {}, d_value[kChunks][4][4] = {};
  float d_mass[2] = {0, 0};  // of the masses' logarithms; this lane's columns, until finish()

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
            d_mass[i] += d_score;
          }
        }
      }
      add_weighted<T>(d_value, weights, d_out, column.second, p.head_dim);
      add_weighted<T>(d_key, d_scores, query, column.first, p.head_dim);
    }
  }

  // To be called once after all columns: sums over the quad's lanes.
  MULTIPOLE_DEVICE void finish() {
    MULTIPOLE_UNROLL
    for (int i = 0; i < 2; ++i) d_mass[i] = quad_sum(d_mass[i]);
  }
};

// The shares of the queries 0 .. size - 1, in whole columns of tiles.
MULTIPOLE_DEVICE IndexRange queries_of_share(int size, int share, int shares) {
  const int64_t queries = ceil_div(ceil_div(size, kTileColumns), shares) * kTileColumns;
  return {share * queries, smaller(size, (share + 1) * queries)};
}

template <class T, int kChunks>
MULTIPOLE_DEVICE void token_key_backward(const Problem& p, const BackwardData& data, const TilePlace& at) {
  const RowPair rows = own_rows(p, TokenRows{at.place, at.begin});
  KeyGradient<T, kChunks> gradient;
  gradient.key.load(p.key, rows, at.b, at.h, p.head_dim);
  gradient.value.load(p.value, rows, at.b, at.h, p.head_dim);
  PairScoring scoring = {p.near_table.of_head(at.h), -1, {}};
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) {
    const Site& site = rows.site[i];
    scoring.row_addend[i] = site.real ? log2_mass(p, site, at.b, at.h) : 0;
  }
  const TokenColumns queries = {near_tokens(p, at.place), 1, 1, false};
  gradient.gather(p, rows, queries, 0, queries.size(p), p.query, data.token.d_out, scoring, at.b, at.h,
                  [&](const Site& site) { return token_scalars(p, data.token, site, at.b, at.h); });
  gradient.finish();
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    store_row<T, kChunks>(static_cast<T*>(data.d_key.data) + data.d_key.offset(at.b, site.y, site.x, 0, at.h),
                          gradient.d_key, half, p.scale * kLn2, p.head_dim);
    store_row<T, kChunks>(static_cast<T*>(data.d_value.data) + data.d_value.offset(at.b, site.y, site.x, 0, at.h),
                          gradient.d_value, half, 1, p.head_dim);
    if (data.d_token_mass != nullptr && index_in_quad() == 0) {
      data.d_token_mass[p.token_entry(at.b, at.h, site.y, site.x)] = gradient.d_mass[half];
    }
  }
}

// Extra keys, from share `share` of all tokens.
template <class T, int kChunks>
MULTIPOLE_DEVICE void extra_key_backward(const Problem& p, const BackwardData& data, int share, const TilePlace& at) {
  const RowPair rows = own_rows(p, ExtraRows{at.begin});
  KeyGradient<T, kChunks> gradient;
  gradient.key.load(p.extra_key, rows, at.b, at.h, p.head_dim);
  gradient.value.load(p.extra_value, rows, at.b, at.h, p.head_dim);
  const TokenColumns queries = {{0, 0, p.height, p.width}, 1, 1, false};
  const IndexRange range = queries_of_share(queries.size(p), share, data.extra_shares);
  gradient.gather(p, rows, queries, static_cast<int>(range.begin), static_cast<int>(range.end), p.query,
                  data.token.d_out, {{}, -1, {0, 0}}, at.b, at.h,
                  [&](const Site& site) { return token_scalars(p, data.token, site, at.b, at.h); });
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    const int64_t entry = share * p.extra_entry(p.batch, 0, 0) + p.extra_entry(at.b, at.h, site.x);
    store_row<float, kChunks>(data.d_extra_key + entry * p.head_dim, gradient.d_key, half, p.scale * kLn2,
                              p.head_dim);
    store_row<float, kChunks>(data.d_extra_value + entry * p.head_dim, gradient.d_value, half, 1, p.head_dim);
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
    scoring.row_addend[i] = site.real ? log2_mass(p, l, site, at.b, at.h) : kMaskedScore;
  }
  const Rectangle around = parent_near(p, l, at.place);
  const auto gather = [&](const auto& queries, const RowsView& query, const RowsView& d_out, const auto& scalars_of) {
    const IndexRange range = queries_of_share(queries.size(p), share, data.shares[l]);
    gradient.gather(p, rows, queries, static_cast<int>(range.begin), static_cast<int>(range.end), query, d_out, scoring,
                    at.b, at.h, scalars_of);
  };
  if (p.linear) {
    gather(SummaryColumns{around, l, false}, level.query, data.level[l].d_out,
           [&](const Site& site) { return summary_scalars(p, l, data.level[l], site, at.b, at.h); });
  } else {
    const int side_y = level_height(p, l), side_x = level_width(p, l);
    gather(TokenColumns{tokens_of_cells(p, around, side_y, side_x), side_y, side_x, false}, p.query, data.token.d_out,
           [&](const Site& site) { return token_scalars(p, data.token, site, at.b, at.h); });
  }
  gradient.finish();
  const int64_t entries = p.batch * p.heads * level.rows * level.columns * p.rank();
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Site& site = rows.site[half];
    if (!site.real) continue;
    const int64_t entry = share * entries + p.summary_entry(l, at.b, at.h, site.y, site.x, site.j);
    store_row<float, kChunks>(data.d_level_key[l] + entry * p.head_dim, gradient.d_key, half, p.scale * kLn2,
                              p.head_dim);
    store_row<float, kChunks>(data.d_level_value[l] + entry * p.head_dim, gradient.d_value, half, 1, p.head_dim);
    if (level.mass != nullptr && index_in_quad() == 0) data.d_level_mass[l][entry] = gradient.d_mass[half];
  }
}

}  // namespace multipole::cuda

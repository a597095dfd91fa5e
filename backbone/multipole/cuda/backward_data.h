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
  float* d_level_mass[kMaxLevels];  // of the masses' logarithms, (shares, B, heads, rows, columns, p)
  int shares[kMaxLevels];
  float* d_token_mass;                   // of the masses' logarithms, (B, heads, H, W); null: not wanted
  float *d_extra_key, *d_extra_value;    // (extra_shares, B, heads, E, head_dim), sums over shares of the tokens
  int extra_shares;
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

}  // namespace multipole::cuda

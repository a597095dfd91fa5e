// The arithmetic of one tile: kWidth queries, one a SIMD lane, against a list of keys whose elements are broadcast.
// Scores live as (key, lane) in a small scratch array, outputs as (channel, lane). Scores are kept in units of log2, so
// that the softmax needs only 2^x.
//
// A key row (K, V and their gradients alike) is `padded_dim` floats at `arena + offset[i]`.

// Keys of one softmax part. Score of key i in lane j: q_j . k_i + bias[i] + table[position[i] * table_stride + j];
// `bias` and `table` may be null.
struct KeyList {
  int64_t count;
  const int64_t* offset;
  const float* bias;
  const int32_t* position;
  const float* table;
  int64_t table_stride;
};


// accumulator[n] += sum over channels of tile[channel][lane] * rows[n][channel], for n < Keys keys at a time
template <int Keys>
MULTIPOLE_INLINE void dot_group(const float* arena, const int64_t* offset, const float* tile, int64_t dim,
                                Vec (&sum)[Keys]) {
  const float* row[Keys];
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) row[n] = opaque(arena + offset[n]);
  if constexpr (Keys == 8) {
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
      const float* next = arena + offset[n + Keys];
      __builtin_prefetch(next);
      __builtin_prefetch(next + 16);
    }
  }
  for (int64_t c = 0; c < dim; c += 8, tile += 8 * kWidth) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      const Vec q = load(tile + j * kWidth);
#pragma GCC unroll 8
      for (int n = 0; n < Keys; ++n) sum[n] += q * row[n][j];
    }
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) row[n] += 8;
  }
}

template <bool HasBias, bool HasTable>
MULTIPOLE_INLINE Vec initial_score(const KeyList& keys, int64_t i, int64_t lane_begin) {
  Vec value = Vec{};
  if constexpr (HasTable) value = load(keys.table + keys.position[i] * keys.table_stride + lane_begin);
  if constexpr (HasBias) value += keys.bias[i];
  return value;
}

template <int Keys, bool HasBias, bool HasTable>
MULTIPOLE_INLINE Vec score_group(const KeyList& keys, int64_t i, int64_t lane_begin, const float* arena,
                                 const float* tile, int64_t dim, float* scores, Vec largest) {
  Vec sum[Keys];
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) sum[n] = initial_score<HasBias, HasTable>(keys, i + n, lane_begin);
  dot_group<Keys>(arena, keys.offset + i, tile, dim, sum);
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
    store(scores + n * kWidth, sum[n]);
    largest = max(largest, sum[n]);
  }
  return largest;
}

// Calls Group<n> for n = 8 as long as it fits, then once for the rest: group(size constant, first key).
template <class Group>
MULTIPOLE_INLINE void for_groups_of_8(int64_t count, Group group) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) group.template run<8>(i);
  switch (count - i) {
    case 7: group.template run<7>(i); break;
    case 6: group.template run<6>(i); break;
    case 5: group.template run<5>(i); break;
    case 4: group.template run<4>(i); break;
    case 3: group.template run<3>(i); break;
    case 2: group.template run<2>(i); break;
    case 1: group.template run<1>(i); break;
    default: break;
  }
}

template <bool HasBias, bool HasTable>
struct ScoreGroups {
  const KeyList& keys;
  int64_t begin, lane_begin;
  const float* arena;
  const float* tile;
  int64_t dim;
  float* scores;
  Vec* largest;
  template <int Keys>
  MULTIPOLE_INLINE_MEMBER void run(int64_t i) const {
    *largest = score_group<Keys, HasBias, HasTable>(keys, begin + i, lane_begin, arena, tile, dim, scores + i * kWidth,
                                                    *largest);
  }
};

// scores[i][lane] for keys begin .. begin + count; returns the largest of them and `largest`, lane by lane.
static Vec score_block(const KeyList& keys, int64_t begin, int64_t count, int64_t lane_begin, const float* arena,
                       const float* tile, int64_t dim, float* scores, Vec largest) {
  if (keys.table != nullptr && keys.bias != nullptr) {
    for_groups_of_8(count, ScoreGroups<true, true>{keys, begin, lane_begin, arena, tile, dim, scores, &largest});
  } else if (keys.table != nullptr) {
    for_groups_of_8(count, ScoreGroups<false, true>{keys, begin, lane_begin, arena, tile, dim, scores, &largest});
  } else if (keys.bias != nullptr) {
    for_groups_of_8(count, ScoreGroups<true, false>{keys, begin, lane_begin, arena, tile, dim, scores, &largest});
  } else {
    for_groups_of_8(count, ScoreGroups<false, false>{keys, begin, lane_begin, arena, tile, dim, scores, &largest});
  }
  return largest;
}

template <int Channels>
MULTIPOLE_INLINE void accumulate_channels(const float* weights, const int64_t* offset, int64_t count,
                                          const float* arena, float* tile) {
  Vec sum[Channels];
#pragma GCC unroll 16
  for (int c = 0; c < Channels; ++c) sum[c] = load(tile + c * kWidth);
  for (int64_t i = 0; i < count; ++i) {
    const Vec weight = load(weights + i * kWidth);
    const float* row = opaque(arena + offset[i]);
#pragma GCC unroll 16
    for (int c = 0; c < Channels; ++c) sum[c] += weight * row[c];
  }
#pragma GCC unroll 16
  for (int c = 0; c < Channels; ++c) store(tile + c * kWidth, sum[c]);
}

// tile[channel][lane] += sum over keys of weights[key][lane] * rows[key][channel]; dim is a multiple of 8
static void accumulate_block(const float* weights, const int64_t* offset, int64_t count, const float* arena,
                             int64_t dim, float* tile) {
  int64_t c = 0;
  if constexpr (kWidth == 16) {
    for (; c + 16 <= dim; c += 16) {
      accumulate_channels<16>(weights, offset, count, arena + c, tile + c * kWidth);
    }
  }
  for (; c < dim; c += 8) accumulate_channels<8>(weights, offset, count, arena + c, tile + c * kWidth);
}

template <int Keys, int Vectors>
MULTIPOLE_INLINE void scatter_group(const float* weights, const int64_t* offset, const float* rows, int64_t row_stride,
                                    float* arena) {
  Vec sum[Keys][Vectors];
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[n][v] = load(arena + offset[n] + v * kWidth);
  }
  for (int lane = 0; lane < kWidth; ++lane) {
    Vec row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) row[v] = load(rows + lane * row_stride + v * kWidth);
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[n][v] += row[v] * weights[n * kWidth + lane];
    }
  }
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(arena + offset[n] + v * kWidth, sum[n][v]);
  }
}

// arena[key][channel] += sum over lanes of weights[key][lane] * rows[lane][channel]; the offsets must differ
static void scatter_block(const float* weights, const int64_t* offset, int64_t count, const float* rows,
                          int64_t padded_dim, float* arena) {
  constexpr int kKeys = kWidth == 16 ? 8 : 4;
  int64_t i = 0;
  for (; i + kKeys <= count; i += kKeys) {
    int64_t c = 0;
    for (; c + 2 * kWidth <= padded_dim; c += 2 * kWidth) {
      scatter_group<kKeys, 2>(weights + i * kWidth, offset + i, rows + c, padded_dim, arena + c);
    }
    if (c < padded_dim) scatter_group<kKeys, 1>(weights + i * kWidth, offset + i, rows + c, padded_dim, arena + c);
  }
  for (; i < count; ++i) {
    for (int64_t c = 0; c < padded_dim; c += kWidth) {
      scatter_group<1, 1>(weights + i * kWidth, offset + i, rows + c, padded_dim, arena + c);
    }
  }
}

// (kWidth rows of padded_dim floats) <-> (padded_dim channels of kWidth lanes), times factor
static void rows_to_tile(const float* rows, int64_t padded_dim, float* tile) {
  for (int64_t c = 0; c < padded_dim; c += kWidth) transpose_square(rows + c, padded_dim, tile + c * kWidth, kWidth);
}
static void tile_to_rows(const float* tile, int64_t padded_dim, float* rows) {
  for (int64_t c = 0; c < padded_dim; c += kWidth) transpose_square(tile + c * kWidth, kWidth, rows + c, padded_dim);
}

// Running state of a tile's softmax: out holds sum of 2^(score - largest) * value, (channel, lane).
struct SoftmaxState {
  Vec largest, total;
};

// Adds the keys of one list to a tile's softmax.
static void forward_tile(const KeyList& keys, int64_t lane_begin, const float* key_arena, const float* value_arena,
                         const float* query_tile, int64_t dim, float* scores, float* out_tile, SoftmaxState* state) {
  for (int64_t begin = 0; begin < keys.count; begin += kBlockKeys) {
    const int64_t count = smaller(kBlockKeys, keys.count - begin);
    const Vec largest =
        score_block(keys, begin, count, lane_begin, key_arena, query_tile, dim, scores, state->largest);
    const Vec shrink = exp2(state->largest - largest);
    Vec total = state->total * shrink;
    for (int64_t i = 0; i < count; ++i) {
      const Vec weight = exp2(load(scores + i * kWidth) - largest);
      store(scores + i * kWidth, weight);
      total += weight;
    }
    for (int64_t c = 0; c < dim; ++c) store(out_tile + c * kWidth, load(out_tile + c * kWidth) * shrink);
    accumulate_block(scores, keys.offset + begin, count, value_arena, dim, out_tile);
    state->largest = largest;
    state->total = total;
  }
}

// A tile's queries in both layouts, what its softmax gave, and the gradient that reaches it.
struct BackwardTile {
  const float* query_tile;   // (channel, lane), times scale and log2(e)
  const float* query_rows;   // (lane, channel), as stored
  const float* d_out_tile;   // (channel, lane)
  const float* d_out_rows;   // (lane, channel)
  Vec lse;                   // in log2
  Vec delta;                 // d_out . out - d_lse
  float* d_query_tile;       // (channel, lane), += d_score * key (the caller multiplies by scale)
};

// Gradient of the scores of keys begin .. begin + count into `d_scores`, weights into `weights`.
struct DeltaGroups {
  const int64_t* offset;
  const float* arena;
  const float* tile;
  int64_t dim;
  const float* weights;
  float* d_scores;
  Vec delta;
  template <int Keys>
  MULTIPOLE_INLINE_MEMBER void run(int64_t i) const {
    Vec sum[Keys];
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) sum[n] = -delta;
    dot_group<Keys>(arena, offset + i, tile, dim, sum);
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
      store(d_scores + (i + n) * kWidth, sum[n] * load(weights + (i + n) * kWidth));
    }
  }
};

// Adds one tile's part to the gradients of its keys and values and to its own. `d_key_bias` (one float a key, or null)
// and `d_table` (as keys.table, or null) receive the gradients of the scores' constant parts. `scratch` holds
// 2 * kBlockKeys * kWidth floats.
static void backward_tile(const KeyList& keys, int64_t lane_begin, const BackwardTile& tile, const float* key_arena,
                          const float* value_arena, float* d_key_arena, float* d_value_arena, int64_t dim,
                          int64_t padded_dim, float* d_key_bias, float* d_table, float* scratch) {
  float* weights = scratch;
  float* d_scores = scratch + kBlockKeys * kWidth;
  for (int64_t begin = 0; begin < keys.count; begin += kBlockKeys) {
    const int64_t count = smaller(kBlockKeys, keys.count - begin);
    const int64_t* offset = keys.offset + begin;
    score_block(keys, begin, count, lane_begin, key_arena, tile.query_tile, dim, weights, Vec{});
    for (int64_t i = 0; i < count; ++i) store(weights + i * kWidth, exp2(load(weights + i * kWidth) - tile.lse));
    for_groups_of_8(count,
                    DeltaGroups{offset, value_arena, tile.d_out_tile, dim, weights, d_scores, tile.delta});
    accumulate_block(d_scores, offset, count, key_arena, dim, tile.d_query_tile);
    scatter_block(d_scores, offset, count, tile.query_rows, padded_dim, d_key_arena);
    scatter_block(weights, offset, count, tile.d_out_rows, padded_dim, d_value_arena);
    if (d_key_bias != nullptr) {
      for (int64_t i = 0; i < count; ++i) d_key_bias[begin + i] += sum_of_lanes(load(d_scores + i * kWidth));
    }
    if (d_table != nullptr) {
      for (int64_t i = 0; i < count; ++i) {
        float* entry = d_table + keys.position[begin + i] * keys.table_stride + lane_begin;
        store(entry, load(entry) + load(d_scores + i * kWidth));
      }
    }
  }
}

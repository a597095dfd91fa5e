// The arithmetic of one tile: kWidth queries, one a SIMD lane, against a list of keys whose elements are broadcast.
// Scores live as (key, lane) in a small scratch array, outputs as (channel, lane). Scores are kept in units of log2, so
// that the softmax needs only 2^x.
//
// Products, a template argument of everything here, says in which precision products are taken: Float32Products one by
// one, Bfloat16Products in pairs of neighbouring channels, keys or lanes (kPair = 2) with float32 sums. Operands of
// either are moved about as 32-bit elements.
//
// The row of a key, in each arena, starts at element offset[i]; it is `padded_dim` elements long.

// Keys of one softmax part. Score of key i in lane j: q_j . k_i + bias[i] + table[table_offset[i] + j]; `bias` and
// `table` may be null. Offsets can be read up to 8 past the last.
struct KeyList {
  int64_t count;
  const int64_t* offset;
  const float* bias;
  const int32_t* table_offset;
  const float* table;
  int64_t kept;  // leading keys that are those of the list that stood here before
  float* pairs;      // Bfloat16Products: rows of two keys each; AmxProducts: room for gathered blocks: see prepare_list
  KeyBlock* blocks;  // AmxProducts: the list in blocks, the last one empty
  bool in_cells;     // whether finish_cell was called for the cells that the keys come from
};

// sum[n] += sum over channels of tile[channel][lane] * row n[channel], for Keys keys at a time
template <class Products, int Keys>
MULTIPOLE_INLINE void dot_group(const float* arena, const int64_t* offset, const float* tile, int64_t dim,
                                Vec (&sum)[Keys]) {
  constexpr int kSteps = 8 / Products::kPair;
  const float* row[Keys];
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) row[n] = opaque(Products::key_row(arena, offset[n]));
  if (Keys == 8 && dim >= 32) {  // more keys than the L1 cache holds
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
      const float* next = Products::key_row(arena, offset[n + Keys]);
      __builtin_prefetch(next);
      if constexpr (Products::kPair == 1) __builtin_prefetch(next + 16);
    }
  }
  for (int64_t c = 0; c < dim; c += 8, tile += kSteps * kWidth) {
#pragma GCC unroll 8
    for (int j = 0; j < kSteps; ++j) {
      const Vec q = load(tile + j * kWidth);
#pragma GCC unroll 8
      for (int n = 0; n < Keys; ++n) sum[n] = Products::add_product(sum[n], q, row[n] + j);
    }
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) row[n] += kSteps;
  }
}

template <class Products, int Keys, bool HasBias, bool HasTable>
MULTIPOLE_INLINE Vec score_group(const KeyList& keys, int64_t i, int64_t lane_begin, const float* arena,
                                 const float* tile, int64_t dim, float factor, float* scores, Vec largest) {
  Vec sum[Keys] = {};
  dot_group<Products, Keys>(arena, keys.offset + i, tile, dim, sum);
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
    Vec score = Products::score(sum[n], factor);
    if constexpr (HasTable) score += load(keys.table + keys.table_offset[i + n] + lane_begin);
    if constexpr (HasBias) score += keys.bias[i + n];
    store(scores + n * kWidth, score);
    largest = max(largest, score);
  }
  return largest;
}

// Calls Group<n> for n = 8 as long as it fits, then once for the rest: group(size constant, first key).
template <class Group>
MULTIPOLE_INLINE void for_groups_of_8(int64_t count, Group group) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) group.template run<8>(i);
  switch (count - i) {
    case 7:
      group.template run<7>(i);
      break;
    case 6:
      group.template run<6>(i);
      break;
    case 5:
      group.template run<5>(i);
      break;
    case 4:
      group.template run<4>(i);
      break;
    case 3:
      group.template run<3>(i);
      break;
    case 2:
      group.template run<2>(i);
      break;
    case 1:
      group.template run<1>(i);
      break;
    default:
      break;
  }
}

// A compile-time argument of a lambda.
template <bool Value>
struct Constant {
  static constexpr bool value = Value;
};

template <class Products, bool HasBias, bool HasTable>
struct ScoreGroups {
  const KeyList& keys;
  int64_t begin, lane_begin;
  const float* arena;
  const float* tile;
  int64_t dim;
  float factor;
  float* scores;
  Vec* largest;
  PrefetchQueue* prefetches;  // or null
  template <int Keys>
  MULTIPOLE_INLINE_MEMBER void run(int64_t i) const {
    if (prefetches != nullptr) prefetches->ask();
    *largest = score_group<Products, Keys, HasBias, HasTable>(keys, begin + i, lane_begin, arena, tile, dim, factor,
                                                              scores + i * kWidth, *largest);
  }
};

// scores[i][lane] for keys begin .. begin + count; returns the largest of them and `largest`, lane by lane.
template <class Products>
static Vec score_block(const KeyList& keys, int64_t begin, int64_t count, int64_t lane_begin, const float* arena,
                       const float* tile, int64_t dim, float factor, float* scores, Vec largest,
                       PrefetchQueue* prefetches) {
  const auto run = [&](auto has_bias, auto has_table) {
    for_groups_of_8(count, ScoreGroups<Products, decltype(has_bias)::value, decltype(has_table)::value>{
                               keys, begin, lane_begin, arena, tile, dim, factor, scores, &largest, prefetches});
  };
  if (keys.table != nullptr && keys.bias != nullptr) {
    run(Constant<true>{}, Constant<true>{});
  } else if (keys.table != nullptr) {
    run(Constant<false>{}, Constant<true>{});
  } else if (keys.bias != nullptr) {
    run(Constant<true>{}, Constant<false>{});
  } else {
    run(Constant<false>{}, Constant<false>{});
  }
  return largest;
}

template <class Products, int Channels>
MULTIPOLE_INLINE void accumulate_channels(const float* weights, const KeyList& keys, int64_t begin, int64_t count,
                                          const float* arena, int64_t padded_dim, int64_t channel, float* tile) {
  Vec sum[Channels];
#pragma GCC unroll 16
  for (int c = 0; c < Channels; ++c) sum[c] = load(tile + c * kWidth);
  for (int64_t i = 0; i < count; i += Products::kPair, weights += kWidth) {
    const Vec weight = load(weights);
    const float* row = opaque(Products::summed_row(keys, begin + i, arena, padded_dim) + channel);
#pragma GCC unroll 16
    for (int c = 0; c < Channels; ++c) sum[c] = Products::add_product(sum[c], weight, row + c);
  }
#pragma GCC unroll 16
  for (int c = 0; c < Channels; ++c) store(tile + c * kWidth, sum[c]);
}

// tile[channel][lane] += sum over keys begin .. begin + count of weights[key][lane] * rows[key][channel]; dim is a
// multiple of 8
template <class Products>
static void accumulate_block(const float* weights, const KeyList& keys, int64_t begin, int64_t count,
                             const float* arena, int64_t dim, int64_t padded_dim, float* tile) {
  int64_t c = 0;
  if constexpr (kWidth == 16) {
    for (; c + 16 <= dim; c += 16) {
      accumulate_channels<Products, 16>(weights, keys, begin, count, arena, padded_dim, c, tile + c * kWidth);
    }
  }
  for (; c < dim; c += 8) {
    accumulate_channels<Products, 8>(weights, keys, begin, count, arena, padded_dim, c, tile + c * kWidth);
  }
}

template <class Products, int Keys, int Vectors>
MULTIPOLE_INLINE void scatter_group(const float* weights, const int64_t* offset, const float* rows, int64_t row_stride,
                                    float* arena) {
  constexpr int kSteps = kWidth / Products::kPair;
  Vec sum[Keys][Vectors];
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[n][v] = load(arena + offset[n] + v * kWidth);
  }
  for (int step = 0; step < kSteps; ++step) {
    Vec row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) row[v] = load(rows + step * row_stride + v * kWidth);
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        sum[n][v] = Products::add_product(sum[n][v], row[v], weights + n * kSteps + step);
      }
    }
  }
#pragma GCC unroll 8
  for (int n = 0; n < Keys; ++n) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(arena + offset[n] + v * kWidth, sum[n][v]);
  }
}

// arena[key][channel] += sum over lanes of weights[key][lane] * rows[lane][channel]; the offsets must differ
template <class Products>
static void scatter_block(const float* weights, const int64_t* offset, int64_t count, const float* rows,
                          int64_t padded_dim, float* arena) {
  constexpr int kKeys = kWidth == 16 ? 8 : 4, kSteps = kWidth / Products::kPair;
  int64_t i = 0;
  for (; i + kKeys <= count; i += kKeys) {
    const float* of_keys = weights + i * kSteps;
    int64_t c = 0;
    for (; c + 2 * kWidth <= padded_dim; c += 2 * kWidth) {
      scatter_group<Products, kKeys, 2>(of_keys, offset + i, rows + c, padded_dim, arena + c);
    }
    if (c < padded_dim) scatter_group<Products, kKeys, 1>(of_keys, offset + i, rows + c, padded_dim, arena + c);
  }
  for (; i < count; ++i) {
    for (int64_t c = 0; c < padded_dim; c += kWidth) {
      scatter_group<Products, 1, 1>(weights + i * kSteps, offset + i, rows + c, padded_dim, arena + c);
    }
  }
}

MULTIPOLE_INLINE void zero_tile(float* tile, int64_t dim) {
  for (int64_t c = 0; c < dim; ++c) store(tile + c * kWidth, Vec{});
}

// (padded_dim channels of kWidth lanes) -> (kWidth rows of padded_dim floats)
static void tile_to_rows(const float* tile, int64_t padded_dim, float* rows) {
  for (int64_t c = 0; c < padded_dim; c += kWidth) transpose_square(tile + c * kWidth, kWidth, rows + c, padded_dim);
}

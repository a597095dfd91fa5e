// The softmax of one tile over lists of keys, forward and backward, made of the sums in tile.inl.

// Sums of weights, lane by lane: as they are, for the lse, and as products with values round them, for the mean. So one
// key's mean is its value, however its weight is rounded.
struct WeightSums {
  Vec exact, rounded;

  MULTIPOLE_INLINE_MEMBER void add(WeightSums other) {
    exact += other.exact;
    rounded += other.rounded;
  }
  MULTIPOLE_INLINE_MEMBER void shrink(Vec factor) {
    exact *= factor;
    rounded *= factor;
  }
  MULTIPOLE_INLINE_MEMBER WeightSums at_least(float least) const {
    return {max(broadcast(least), exact), max(broadcast(least), rounded)};
  }
};

// Running state of a tile's softmax: out holds sum of 2^(score - largest) * value, (channel, lane).
struct SoftmaxState {
  Vec largest;
  WeightSums total;
};

// Adds the keys of one list to a tile's softmax. `factor` turns a product of query and key into a score. `prefetches`
// are asked for meanwhile.
template <class Products>
static void forward_tile(const KeyList& keys, int64_t lane_begin, const Workspace& w, int64_t dim, int64_t padded_dim,
                         float factor, SoftmaxState* state, PrefetchQueue* prefetches) {
  for (int64_t begin = 0; begin < keys.count; begin += kBlockKeys) {
    const int64_t count = smaller(kBlockKeys, keys.count - begin);
    const Vec largest = score_block<Products>(keys, begin, count, lane_begin, w.key_arena, w.query_tile, dim, factor,
                                              w.scores, state->largest, prefetches);
    const Vec shrink = exp2(state->largest - largest);
    state->largest = largest;
    state->total.shrink(shrink);
    state->total.add(Products::weigh(w.scores, count, largest));
    for (int64_t c = 0; c < dim; ++c) store(w.out_tile + c * kWidth, load(w.out_tile + c * kWidth) * shrink);
    accumulate_block<Products>(w.scores, keys, begin, count, w.value_arena, dim, padded_dim, w.out_tile);
  }
}

// One of the lists that share a tile's softmax, and where the tile's lanes begin in its table.
struct TileKeys {
  const KeyList* list;
  int64_t lane_begin;
};

// Called between other work, so that the tiles of AmxProducts begin at once when they are needed.
template <class Products>
static void keep_awake() {}

// AmxProducts begin with the scores of the first tile's near field before its far field is known; returns their number
// in units of their own, for softmax_of_tile.
template <class Products>
static int score_early(const KeyList&, const Workspace&, int64_t) {
  return 0;
}

// The softmax of a tile over the keys of some lists, its sums in out_tile. AmxProducts has its own.
template <class Products>
static SoftmaxState softmax_of_tile(const TileKeys* keys, int lists, const Workspace& w, int64_t dim,
                                    int64_t padded_dim, float factor, PrefetchQueue* prefetches = nullptr, int = 0) {
  zero_tile(w.out_tile, padded_dim);
  SoftmaxState state = {broadcast(kMaskedScore), {}};
  for (int i = 0; i < lists; ++i) {
    forward_tile<Products>(*keys[i].list, keys[i].lane_begin, w, dim, padded_dim, factor, &state, prefetches);
  }
  return state;
}

// What the softmax of a tile gave and the gradient that reaches it. The operands are in the workspace: query_tile and
// d_out_tile by Products::make_tile, the gradient of the queries comes out in out_tile (the caller multiplies by
// scale).
struct BackwardTile {
  Vec lse;    // in log2
  Vec delta;  // d_out . out - d_lse
};

// Gradient of the scores of keys begin .. begin + count into `d_scores`, weights into `weights`.
template <class Products>
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
    dot_group<Products, Keys>(arena, offset + i, tile, dim, sum);
#pragma GCC unroll 8
    for (int n = 0; n < Keys; ++n) {
      store(d_scores + (i + n) * kWidth, sum[n] * load(weights + (i + n) * kWidth));
    }
  }
};

// Adds one tile's part to the gradients of its keys and values, to its own, and to those of the scores' constant parts:
// d_table, laid out as keys.table says, or null, and Workspace::d_key_mass.
template <class Products>
static void backward_tile(const KeyList& keys, int64_t lane_begin, const BackwardTile& tile, const Workspace& w,
                          int64_t dim, int64_t padded_dim, float factor, float* d_table,
                          PrefetchQueue* prefetches = nullptr) {
  float* weights = w.scores;
  float* d_scores = weights + kBlockKeys * kWidth;
  float* spare = d_scores + kBlockKeys * kWidth;
  for (int64_t begin = 0; begin < keys.count; begin += kBlockKeys) {
    const int64_t count = smaller(kBlockKeys, keys.count - begin);
    const int64_t* offset = keys.offset + begin;
    score_block<Products>(keys, begin, count, lane_begin, w.key_arena, w.query_tile, dim, factor, weights, Vec{},
                          prefetches);
    for (int64_t i = 0; i < count; ++i) store(weights + i * kWidth, exp2(load(weights + i * kWidth) - tile.lse));
    for_groups_of_8(count,
                    DeltaGroups<Products>{offset, w.value_arena, w.d_out_tile, dim, weights, d_scores, tile.delta});
    if (d_table != nullptr) {
      for (int64_t i = 0; i < count; ++i) {
        float* entry = d_table + keys.table_offset[begin + i] + lane_begin;
        store(entry, load(entry) + load(d_scores + i * kWidth));
      }
    }
    if (w.d_key_mass != nullptr) {
      for (int64_t i = 0; i < count; ++i) {
        w.d_key_mass[offset[i] / padded_dim] += sum_of_lanes(load(d_scores + i * kWidth));
      }
    }
    accumulate_block<Products>(Products::by_keys(d_scores, count, spare), keys, begin, count, w.key_arena, dim,
                               padded_dim, w.out_tile);
    scatter_block<Products>(Products::by_lanes(d_scores, count), offset, count,
                            Products::lane_rows(w.query_rows, w.query_tile, padded_dim), padded_dim, w.d_key_arena);
    scatter_block<Products>(Products::by_lanes(weights, count), offset, count,
                            Products::lane_rows(w.d_out_rows, w.d_out_tile, padded_dim), padded_dim, w.d_value_arena);
  }
}

// The softmax of softmax_tile.inl with products in the tiles of AMX: what the vector unit is left with is the softmax
// itself, so that nothing here visits a score twice. Products and softmax take turns: while tiles are at work the vector
// unit has one of its two multipliers, and tiles that had none for long take as long again to begin
// (docs/performance.md). A few blocks lie between the two.
//
// Scratch (3, kBlockKeys, width): products of a block are 16 x 16 floats, weights in bfloat16 half of that.

constexpr int64_t kBlockFloats = AmxProducts::kBlock * kWidth, kPairFloats = kBlockFloats / 2;
// Blocks whose scores are held at a time, and blocks that a turn takes.
constexpr int kForwardBlocks = 32, kForwardTurn = 6, kBackwardBlocks = 5;
static_assert(kForwardBlocks * kBlockFloats <= 3 * kBlockKeys * kWidth);
// products with queries and with gradients, gradients in pairs, and a block of keys of the most channels
static_assert(kBackwardBlocks * (2 * kBlockFloats + kPairFloats) + 16 * 128 <= 3 * kBlockKeys * kWidth);

// How far from 1 sums of weights may lie, either way.
constexpr float kMostTotal = 1.8446744073709552e19f;  // 2^64

// 2^x with a relative error below 8e-5, a fiftieth of bfloat16's. NaN stays NaN, whatever is far below gives 0.
MULTIPOLE_INLINE Vec exp2_of_bfloat16(Vec x) {
  const __m512 of = reinterpret_cast<__m512>(x);
  const Vec f = reinterpret_cast<Vec>(_mm512_reduce_ps(of, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC));
  Vec p = broadcast(0.07802452147006989f);
  p = p * f + 0.22606715559959412f;
  p = p * f + 0.6958335638046265f;
  p = p * f + 0.9999251961708069f;
  return reinterpret_cast<Vec>(_mm512_scalef_ps(reinterpret_cast<__m512>(p), of));
}

MULTIPOLE_INLINE bool any_above(Vec x, float limit) {
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), _mm512_set1_ps(limit), _CMP_GT_OQ) != 0;
}

MULTIPOLE_INLINE bool any_below(Vec x, float limit) {
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), _mm512_set1_ps(limit), _CMP_LT_OQ) != 0;
}

// Products of a block's keys or values with a tile, (key, lane). Where the tile's channels are one step, kQueryTile
// must hold them: another B takes as long as the product.
MULTIPOLE_INLINE void score_block(const float* rows, const float* tile, int64_t padded_dim, float* products) {
  const int64_t step = channels_of_step(padded_dim);
  clear_tile<kScoreTile>();
  for (int64_t c = 0; c < padded_dim; c += step) {
    if (padded_dim > step) load_tile<kQueryTile>(tile + c / 2 * kWidth, 64);
    load_tile<kRowTile>(rows + c / 2, 4 * padded_dim);
    multiply_tiles<kScoreTile, kRowTile, kQueryTile>();
  }
  store_tile<kScoreTile>(products, 64);
}

// The sums of 32 channels of a tile (channel, lane), in two tiles of their own.
template <int First, int Second>
struct ChannelSums {
  MULTIPOLE_INLINE_MEMBER static void clear() {
    clear_tile<First>();
    clear_tile<Second>();
  }
  MULTIPOLE_INLINE_MEMBER static void load(const float* sums, bool has_second) {
    load_tile<First>(sums, 64);
    if (has_second) load_tile<Second>(sums + 16 * kWidth, 64);
  }
  MULTIPOLE_INLINE_MEMBER static void store(float* sums, bool has_second) {
    store_tile<First>(sums, 64);
    if (has_second) store_tile<Second>(sums + 16 * kWidth, 64);
  }

  // Adds the products of kWeightTile, weights in pairs of keys, with channels c .. c + 31 of the block's keys or values,
  // from their transpose.
  MULTIPOLE_INLINE_MEMBER static void add(const float* rows, int64_t c, int64_t padded_dim) {
    const float* transpose = rows + padded_dim / 2 + c / 2;
    load_tile<kSixteenTile>(transpose, 4 * padded_dim);
    multiply_tiles<First, kSixteenTile, kWeightTile>();
    if (c + 16 >= padded_dim) return;
    load_tile<kSixteenTile>(transpose + 8, 4 * padded_dim);
    multiply_tiles<Second, kSixteenTile, kWeightTile>();
  }
};

using LowSums = ChannelSums<kSumTile0, kSumTile1>;
// In tiles that scores are computed in: only where all scores are there before the first sum.
using HighSums = ChannelSums<kScoreTile, kRowTile>;

// Padding channels would carry a NaN of one tile into the next.
MULTIPOLE_INLINE void clear_padding(int64_t dim, int64_t padded_dim, float* tile) {
  for (int64_t c = dim; c < padded_dim; ++c) store(tile + c * kWidth, Vec{});
}

// The constant parts of the scores of one block, see KeyList.
template <bool HasBias, bool HasTable>
struct BlockScores {
  const float* products;
  const float* bias;
  const int32_t* table_offset;
  const float* table;
  float factor;

  BlockScores(const KeyList& keys, const KeyBlock& block, int64_t lane_begin, const float* block_products, float scale)
      : products(block_products),
        bias(HasBias ? keys.bias + block.first : nullptr),
        table_offset(HasTable ? keys.table_offset + block.first : nullptr),
        table(HasTable ? keys.table + lane_begin : nullptr),
        factor(scale) {}

  MULTIPOLE_INLINE_MEMBER Vec operator()(int64_t i) const {
    const Vec product = load(products + i * kWidth);
    Vec constant = Vec{};
    if constexpr (HasTable) constant = load(table + table_offset[i]);
    if constexpr (HasTable && HasBias) constant += bias[i];
    if constexpr (HasBias && !HasTable) constant = broadcast(bias[i]);
    return product * factor + constant;
  }
};

// Calls run(scores) with the scores of a block.
template <class Run>
MULTIPOLE_INLINE void with_scores(const TileKeys& keys, const KeyBlock& block, const float* products, float factor,
                                  Run run) {
  const KeyList& list = *keys.list;
  if (list.table != nullptr && list.bias != nullptr) {
    run(BlockScores<true, true>(list, block, keys.lane_begin, products, factor));
  } else if (list.table != nullptr) {
    run(BlockScores<false, true>(list, block, keys.lane_begin, products, factor));
  } else if (list.bias != nullptr) {
    run(BlockScores<true, false>(list, block, keys.lane_begin, products, factor));
  } else {
    run(BlockScores<false, false>(list, block, keys.lane_begin, products, factor));
  }
}

// 2^(score - reference) of one block as weights in pairs of keys, in place of its products; zeros behind the last key.
// Returns `total` and the sum of the weights.
template <bool HasReference, class Scores>
MULTIPOLE_INLINE Vec weigh_block(const Scores& score, int64_t count, Vec reference, float* pairs, Vec total) {
  const auto weight = [&](int64_t i) {
    return exp2_of_bfloat16(HasReference ? score(i) - reference : score(i));
  };
  int64_t i = 0;
  for (; i + 2 <= count; i += 2) {
    const Vec first = weight(i), second = weight(i + 1);
    total += first + second;
    store(pairs + i / 2 * kWidth, AmxProducts::side_by_side(AmxProducts::round_both(first, second)));
  }
  if (i < count) {
    const Vec last = weight(i);
    total += last;
    store(pairs + i / 2 * kWidth, AmxProducts::side_by_side(AmxProducts::round_both(last, Vec{})));
    i += 2;
  }
  for (; i < AmxProducts::kBlock; i += 2) store(pairs + i / 2 * kWidth, Vec{});
  return total;
}

// Blocks that go through the softmax together, of one list after another.
struct BlockBatch {
  const TileKeys* keys[kForwardBlocks];
  const KeyBlock* blocks[kForwardBlocks];
  int count;

  // Up to `most` blocks from where the batch before ended; empty behind the last list.
  void fill(const TileKeys* lists, int num_lists, int most, int* list, int64_t* block) {
    for (count = 0; *list < num_lists && count < most;) {
      const KeyBlock* next = lists[*list].list->count == 0 ? nullptr : lists[*list].list->blocks + *block;
      if (next == nullptr || next->count == 0) {
        ++*list;
        *block = 0;
      } else {
        keys[count] = lists + *list;
        blocks[count++] = next;
        ++*block;
      }
    }
  }
};

// Products of a batch's keys with the tile of queries into the scratch, from the block `begin` on.
MULTIPOLE_INLINE void score_batch(const BlockBatch& batch, int begin, const Workspace& w, int64_t padded_dim) {
  if (begin >= batch.count) return;
  load_tile<kQueryTile>(w.query_tile, 64);
  for (int i = begin; i < batch.count; ++i) {
    score_block(batch.blocks[i]->keys, w.query_tile, padded_dim, w.scores + i * kBlockFloats);
  }
}

template <>
void keep_awake<AmxProducts>() {
  AmxProducts::use_tiles();
}

// While nothing else is known of a tile than its near field.
template <>
int score_early<AmxProducts>(const KeyList& near, const Workspace& w, int64_t padded_dim) {
  const TileKeys keys = {&near, 0};
  int list = 0;
  int64_t begin = 0;
  BlockBatch batch;
  batch.fill(&keys, 1, kForwardBlocks, &list, &begin);
  score_batch(batch, 0, w, padded_dim);
  return batch.count;
}

// Calls visit(block, its scores, its products) for a batch's blocks.
template <class Visit>
MULTIPOLE_INLINE void for_each_block(const BlockBatch& batch, float factor, float* products, Visit visit) {
  for (int i = 0; i < batch.count; ++i, products += kBlockFloats) {
    const KeyBlock& block = *batch.blocks[i];
    with_scores(*batch.keys[i], block, products, factor, [&](const auto& score) { visit(block, score, products); });
  }
}

// The largest scores of a batch, and `largest`, lane by lane.
static Vec largest_score(const BlockBatch& batch, const Workspace& w, float factor, Vec largest) {
  for_each_block(batch, factor, w.scores, [&](const KeyBlock& block, const auto& score, const float*) {
    for (int64_t i = 0; i < block.count; ++i) largest = max(largest, score(i));
  });
  return largest;
}

// Weights of a batch in place of its products; adds weights . values to out_tile, or puts it there. Returns the sums of
// the weights, lane by lane.
template <bool HasReference>
static Vec weigh_batch(const BlockBatch& batch, const Workspace& w, int64_t padded_dim, float factor, Vec reference,
                       bool is_first, PrefetchQueue* prefetches) {
  // tiles of keys are as wide as those of sums where a step is
  const bool has_high = padded_dim > 32 && channels_of_step(padded_dim) == 32;
  LowSums::clear();
  HighSums::clear();
  if (!is_first) {
    LowSums::load(w.out_tile, padded_dim > 16);
    if (has_high) HighSums::load(w.out_tile + 32 * kWidth, true);
  }
  Vec total = Vec{};
  for (int begin = 0; begin < batch.count; begin += kForwardTurn) {
    const int end = begin + kForwardTurn < batch.count ? begin + kForwardTurn : batch.count;
    for (int i = begin; i < end; ++i) {
      if (prefetches != nullptr) {
        prefetches->ask();
        prefetches->ask();
      }
      float* const products = w.scores + i * kBlockFloats;
      const KeyBlock& block = *batch.blocks[i];
      with_scores(*batch.keys[i], block, products, factor, [&](const auto& score) {
        total = weigh_block<HasReference>(score, block.count, reference, products, total);
      });
    }
    for (int i = begin; i < end; ++i) {
      load_tile<kWeightTile>(w.scores + i * kBlockFloats, 64);
      LowSums::add(batch.blocks[i]->values, 0, padded_dim);
      if (has_high) HighSums::add(batch.blocks[i]->values, 32, padded_dim);
    }
  }
  LowSums::store(w.out_tile, padded_dim > 16);
  if (has_high) HighSums::store(w.out_tile + 32 * kWidth, true);
  for (int64_t c = has_high ? 64 : 32; c < padded_dim; c += 32) {
    float* const sums = w.out_tile + c * kWidth;
    LowSums::clear();
    if (!is_first) LowSums::load(sums, c + 16 < padded_dim);
    for (int i = 0; i < batch.count; ++i) {
      load_tile<kWeightTile>(w.scores + i * kBlockFloats, 64);
      LowSums::add(batch.blocks[i]->values, c, padded_dim);
    }
    LowSums::store(sums, c + 16 < padded_dim);
  }
  return total;
}

MULTIPOLE_INLINE void scale_tile(const float* tile, int64_t dim, Vec factor, float* to) {
  for (int64_t c = 0; c < dim; ++c) store(to + c * kWidth, load(tile + c * kWidth) * factor);
}

// Scores are weighed in one pass, against a reference that need not be the largest of them: float32 and bfloat16 hold
// 2^64 as exactly as 1. The reference is 0 until weights turn out to lie further off; then the scores are computed again
// and weighed against their largest.
template <>
SoftmaxState softmax_of_tile<AmxProducts>(const TileKeys* keys, int lists, const Workspace& w, int64_t dim,
                                          int64_t padded_dim, float factor, PrefetchQueue* prefetches, int scored) {
  SoftmaxState state = {Vec{}, Vec{}};
  bool is_first = true, has_reference = false;
  int list = 0;
  int64_t begin = 0;
  BlockBatch batch;
  for (batch.fill(keys, lists, kForwardBlocks, &list, &begin); batch.count > 0;
       batch.fill(keys, lists, kForwardBlocks, &list, &begin)) {
    score_batch(batch, is_first ? scored : 0, w, padded_dim);
    if (!is_first) scale_tile(w.out_tile, dim, broadcast(1), w.out_rows);
    Vec total = has_reference
                    ? weigh_batch<true>(batch, w, padded_dim, factor, state.largest, is_first, prefetches)
                    : weigh_batch<false>(batch, w, padded_dim, factor, Vec{}, is_first, prefetches);
    if (any_above(total, kMostTotal) || (is_first && any_below(total, 1 / kMostTotal))) {
      score_batch(batch, 0, w, padded_dim);
      const Vec reference = largest_score(batch, w, factor, is_first ? broadcast(kMaskedScore) : state.largest);
      if (!is_first) {
        const Vec shrink = exp2(state.largest - reference);
        scale_tile(w.out_rows, dim, shrink, w.out_tile);
        state.total = state.total * shrink;
      }
      state.largest = reference;
      has_reference = true;
      total = weigh_batch<true>(batch, w, padded_dim, factor, reference, is_first, nullptr);
    }
    state.total += total;
    is_first = false;
  }
  if (is_first) {
    zero_tile(w.out_tile, padded_dim);
    state.largest = broadcast(kMaskedScore);
  }
  clear_padding(dim, padded_dim, w.out_tile);
  return state;
}

// Weights and gradients of scores of one block: by lanes in place of its products and of d_out . value, by keys in
// `d_pairs`. Rows behind the last key become zero.
template <class Scores>
MULTIPOLE_INLINE void differentiate_block(const Scores& score, const KeyBlock& block, const BackwardTile& tile,
                                          float* products, float* d_weights, float* d_pairs, float* d_table,
                                          const int32_t* table_offset, float* d_key_mass, const int64_t* offset,
                                          int64_t padded_dim) {
  for (int64_t i = 0; i < AmxProducts::kBlock; i += 2) {
    Vec weight[2] = {}, d_score[2] = {};
#pragma GCC unroll 2
    for (int64_t n = 0; n < 2; ++n) {
      if (i + n >= block.count) continue;
      weight[n] = exp2_of_bfloat16(score(i + n) - tile.lse);
      d_score[n] = (load(d_weights + (i + n) * kWidth) - tile.delta) * weight[n];
      if (d_table != nullptr) {
        float* entry = d_table + table_offset[i + n];
        store(entry, load(entry) + d_score[n]);
      }
      if (d_key_mass != nullptr) d_key_mass[offset[i + n] / padded_dim] += sum_of_lanes(d_score[n]);
    }
    const Vec rounded = AmxProducts::round_both(d_score[0], d_score[1]);
    store(products + i / 2 * kWidth, AmxProducts::round_both(weight[0], weight[1]));
    store(d_weights + i / 2 * kWidth, rounded);
    store(d_pairs + i / 2 * kWidth, AmxProducts::side_by_side(rounded));
  }
}

// arena[key][channel] += sum over lanes of weights[key][lane] * rows[lane][channel] for the keys of a batch; weights by
// lanes, rows in pairs of lanes.
MULTIPOLE_INLINE void scatter_batch(const BlockBatch& batch, const float* weights, const int64_t* offset,
                                    const float* rows, int64_t padded_dim, float* spare, float* arena) {
  const int64_t stride = 4 * padded_dim;
  for (int64_t c = 0; c < padded_dim; c += kWidth) {
    load_tile<kWeightTile>(rows + c, stride);
    for (int i = 0; i < batch.count; ++i) {
      const KeyBlock& block = *batch.blocks[i];
      const int64_t* const of_keys = offset + block.first;
      float* const to = (block.in_arena ? arena + of_keys[0] : spare) + c;
      load_tile<kSixteenTile>(weights + i * kBlockFloats, 32);
      if (block.in_arena) {
        load_tile<kScoreTile>(to, stride);
      } else {
        clear_tile<kScoreTile>();
      }
      multiply_tiles<kScoreTile, kSixteenTile, kWeightTile>();
      store_tile<kScoreTile>(to, stride);
      if (block.in_arena) continue;
      for (int64_t n = 0; n < block.count; ++n) {
        float* const row = arena + of_keys[n] + c;
        store(row, load(row) + load(to + n * padded_dim));
      }
    }
  }
}

template <>
void backward_tile<AmxProducts>(const KeyList& keys, int64_t lane_begin, const BackwardTile& tile, const Workspace& w,
                                int64_t dim, int64_t padded_dim, float factor, float* d_table,
                                PrefetchQueue* prefetches) {
  float* const products = w.scores;
  float* const d_weights = products + kBackwardBlocks * kBlockFloats;
  float* const d_pairs = d_weights + kBackwardBlocks * kBlockFloats;
  float* const spare = d_pairs + kBackwardBlocks * kPairFloats;
  const TileKeys of_tile = {&keys, lane_begin};
  const float* const query_rows = AmxProducts::lane_rows(nullptr, w.query_tile, padded_dim);
  const float* const d_out_rows = AmxProducts::lane_rows(nullptr, w.d_out_tile, padded_dim);
  int list = 0;
  int64_t begin = 0;
  BlockBatch batch;
  for (batch.fill(&of_tile, 1, kBackwardBlocks, &list, &begin); batch.count > 0;
       batch.fill(&of_tile, 1, kBackwardBlocks, &list, &begin)) {
    score_batch(batch, 0, w, padded_dim);
    load_tile<kQueryTile>(w.d_out_tile, 64);
    for (int i = 0; i < batch.count; ++i) {
      score_block(batch.blocks[i]->values, w.d_out_tile, padded_dim, d_weights + i * kBlockFloats);
    }
    for_each_block(batch, factor, products, [&](const KeyBlock& block, const auto& score, float* of_block) {
      if (prefetches != nullptr) {
        prefetches->ask();
        prefetches->ask();
      }
      const int64_t i = (of_block - products) / kBlockFloats;
      differentiate_block(score, block, tile, of_block, d_weights + i * kBlockFloats, d_pairs + i * kPairFloats,
                          d_table == nullptr ? nullptr : d_table + lane_begin, keys.table_offset + block.first,
                          w.d_key_mass, keys.offset + block.first, padded_dim);
    });
    for (int64_t c = 0; c < padded_dim; c += 32) {
      LowSums::load(w.out_tile + c * kWidth, c + 16 < padded_dim);
      for (int i = 0; i < batch.count; ++i) {
        load_tile<kWeightTile>(d_pairs + i * kPairFloats, 64);
        LowSums::add(batch.blocks[i]->keys, c, padded_dim);
      }
      LowSums::store(w.out_tile + c * kWidth, c + 16 < padded_dim);
    }
    scatter_batch(batch, d_weights, keys.offset, query_rows, padded_dim, spare, w.d_key_arena);
    scatter_batch(batch, products, keys.offset, d_out_rows, padded_dim, spare, w.d_value_arena);
  }
  clear_padding(dim, padded_dim, w.out_tile);
}

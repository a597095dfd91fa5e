// The softmax of softmax_tile.inl with products in the tiles of AMX: what the vector unit is left with is the softmax
// itself, so that nothing here visits a score twice.
//
// Scratch (3, kBlockKeys, width): a block's scores or gradients are 16 x 16 floats; behind them weights or gradients in
// bfloat16, 8 x 16 pairs a block.

constexpr int64_t kBlockFloats = AmxProducts::kBlock * kWidth, kPairFloats = kBlockFloats / 2;
// Blocks at a time, forward and backward; the latter also keeps 16 rows of 128 channels in the scratch.
constexpr int kForwardBlocks = kBlockKeys / AmxProducts::kBlock, kBackwardBlocks = 8;

// A weight this many powers of two above the largest so far is still exact; beyond, the sums are scaled anew.
constexpr float kMostAboveReference = 64;

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

MULTIPOLE_INLINE int count_blocks(const KeyBlock* blocks, int most) {
  int count = 0;
  while (count < most && blocks[count].count > 0) ++count;
  return count;
}

template <int C>
MULTIPOLE_INLINE void score_with_tile(const float* rows, const float* tile, int64_t padded_dim, float* scores) {
  const int64_t step = channels_of_step(padded_dim);
  clear_tile<C>();
  for (int64_t c = 0; c < padded_dim; c += step) {
    load_tile<kRowTile>(rows + c / 2, 4 * padded_dim);
    if (padded_dim > step) load_tile<kQueryTile>(tile + c / 2 * kWidth, 64);
    multiply_tiles<C, kRowTile, kQueryTile>();
  }
  store_tile<C>(scores, 64);
}

// (key, lane) for each block: the products of `tile` with keys or values.
template <const float* KeyBlock::*Rows>
MULTIPOLE_INLINE void score_blocks(const KeyBlock* blocks, int count, const float* tile, int64_t padded_dim,
                                   float* scores) {
  load_tile<kQueryTile>(tile, 64);
  for (int i = 0; i < count; i += 2) {
    score_with_tile<kScoreTile0>(blocks[i].*Rows, tile, padded_dim, scores + i * kBlockFloats);
    if (i + 1 == count) return;
    score_with_tile<kScoreTile1>(blocks[i + 1].*Rows, tile, padded_dim, scores + (i + 1) * kBlockFloats);
  }
}

// tile[channel][lane] += sum over keys of rows[key][channel] * weights[key][lane], from the transposes of the rows.
template <const float* KeyBlock::*Rows>
MULTIPOLE_INLINE void accumulate_blocks(const KeyBlock* blocks, int count, const float* weights, int64_t padded_dim,
                                        float* tile) {
  const int64_t stride = 4 * padded_dim;
  for (int64_t c = 0; c < padded_dim; c += 32) {
    const bool has_second = c + 16 < padded_dim;
    load_tile<kSumTile0>(tile + c * kWidth, 64);
    if (has_second) load_tile<kSumTile1>(tile + (c + 16) * kWidth, 64);
    for (int i = 0; i < count; ++i) {
      const float* transpose = blocks[i].*Rows + padded_dim / 2 + c / 2;
      load_tile<kWeightTile>(weights + i * kPairFloats, 64);
      load_tile<kSixteenTile>(transpose, stride);
      multiply_tiles<kSumTile0, kSixteenTile, kWeightTile>();
      if (!has_second) continue;
      load_tile<kSixteenTile>(transpose + 8, stride);
      multiply_tiles<kSumTile1, kSixteenTile, kWeightTile>();
    }
    store_tile<kSumTile0>(tile + c * kWidth, 64);
    if (has_second) store_tile<kSumTile1>(tile + (c + 16) * kWidth, 64);
  }
}

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

// Calls run(has_bias, has_table) with what a list has, as constants.
template <class Run>
MULTIPOLE_INLINE void with_constant_parts(const KeyList& keys, Run run) {
  if (keys.table != nullptr && keys.bias != nullptr) return run(Constant<true>{}, Constant<true>{});
  if (keys.table != nullptr) return run(Constant<false>{}, Constant<true>{});
  if (keys.bias != nullptr) return run(Constant<true>{}, Constant<false>{});
  run(Constant<false>{}, Constant<false>{});
}

// What one pass over scores finds, lane by lane.
struct WeightSums {
  Vec total;
  Vec above;  // the largest score less the reference
};

// 2^(score - reference) of one block as weights in pairs of keys, zeros behind the last key.
template <class Scores>
MULTIPOLE_INLINE void weigh_block(const Scores& score, int64_t count, Vec reference, float* pairs, WeightSums* sums) {
  int64_t i = 0;
  for (; i + 2 <= count; i += 2) {
    const Vec first = score(i) - reference, second = score(i + 1) - reference;
    sums->above = max(max(sums->above, first), second);
    const Vec weight = exp2_of_bfloat16(first), other = exp2_of_bfloat16(second);
    sums->total += weight + other;
    store(pairs + i / 2 * kWidth, AmxProducts::side_by_side(AmxProducts::round_both(weight, other)));
  }
  if (i < count) {
    const Vec last = score(i) - reference;
    sums->above = max(sums->above, last);
    const Vec weight = exp2_of_bfloat16(last);
    sums->total += weight;
    store(pairs + i / 2 * kWidth, AmxProducts::side_by_side(AmxProducts::round_both(weight, Vec{})));
    i += 2;
  }
  for (; i < AmxProducts::kBlock; i += 2) store(pairs + i / 2 * kWidth, Vec{});
}

// The weights of blocks whose products lie in `products`. The reference is the largest score so far or, at first, of
// the first block; where that turns out too small it is replaced by the largest of all, and `state` scaled by the caller.
template <bool HasBias, bool HasTable>
static Vec weigh_blocks(const KeyList& keys, const KeyBlock* blocks, int count, int64_t lane_begin, float factor,
                        const float* products, float* weights, Vec reference, Vec* total, PrefetchQueue* prefetches) {
  using Scores = BlockScores<HasBias, HasTable>;
  const auto largest_of = [&](int among) {
    Vec largest = reference;
    for (int b = 0; b < among; ++b) {
      const Scores score(keys, blocks[b], lane_begin, products + b * kBlockFloats, factor);
      for (int64_t i = 0; i < blocks[b].count; ++i) largest = max(largest, score(i));
    }
    return largest;
  };
  if (any_below(reference, kMaskedScore / 2)) reference = largest_of(1);
  for (bool again = false;; again = true) {
    WeightSums sums = {Vec{}, broadcast(kMaskedScore)};
    for (int b = 0; b < count; ++b) {
      if (prefetches != nullptr && !again) {
        prefetches->ask();
        prefetches->ask();
      }
      const Scores score(keys, blocks[b], lane_begin, products + b * kBlockFloats, factor);
      weigh_block(score, blocks[b].count, reference, weights + b * kPairFloats, &sums);
    }
    *total = sums.total;
    if (again || !any_above(sums.above, kMostAboveReference)) return reference;
    reference = largest_of(count);
  }
}

template <>
void forward_tile<AmxProducts>(const KeyList& keys, int64_t lane_begin, const Workspace& w, int64_t dim,
                               int64_t padded_dim, float factor, SoftmaxState* state, PrefetchQueue* prefetches) {
  if (keys.count == 0) return;
  float* const weights = w.scores + kForwardBlocks * kBlockFloats;
  for (const KeyBlock* blocks = keys.blocks; blocks->count > 0;) {
    const int count = count_blocks(blocks, kForwardBlocks);
    score_blocks<&KeyBlock::keys>(blocks, count, w.query_tile, padded_dim, w.scores);
    Vec reference = state->largest, total = Vec{};
    with_constant_parts(keys, [&](auto has_bias, auto has_table) {
      reference = weigh_blocks<decltype(has_bias)::value, decltype(has_table)::value>(
          keys, blocks, count, lane_begin, factor, w.scores, weights, reference, &total, prefetches);
    });
    const Vec shrink = exp2(state->largest - reference);
    if (any_below(shrink, 1)) {
      for (int64_t c = 0; c < dim; ++c) store(w.out_tile + c * kWidth, load(w.out_tile + c * kWidth) * shrink);
    }
    state->total = state->total * shrink + total;
    state->largest = reference;
    accumulate_blocks<&KeyBlock::values>(blocks, count, weights, padded_dim, w.out_tile);
    blocks += count;
  }
  clear_padding(dim, padded_dim, w.out_tile);
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

// arena[key][channel] += sum over lanes of weights[key][lane] * rows[lane][channel], rows in pairs of lanes.
MULTIPOLE_INLINE void scatter_blocks(const KeyBlock* blocks, int count, const float* weights, const int64_t* offset,
                                     const float* rows, int64_t padded_dim, float* spare, float* arena) {
  const int64_t stride = 4 * padded_dim;
  for (int64_t c = 0; c < padded_dim; c += 16) {
    load_tile<kWeightTile>(rows + c, stride);
    for (int b = 0; b < count; ++b) {
      float* to = (blocks[b].in_arena ? arena + offset[blocks[b].first] : spare) + c;
      load_tile<kSixteenTile>(weights + b * kBlockFloats, 32);
      if (blocks[b].in_arena) {
        load_tile<kSumTile0>(to, stride);
      } else {
        clear_tile<kSumTile0>();
      }
      multiply_tiles<kSumTile0, kSixteenTile, kWeightTile>();
      store_tile<kSumTile0>(to, stride);
      if (blocks[b].in_arena) continue;
      for (int64_t i = 0; i < blocks[b].count; ++i) {
        float* row = arena + offset[blocks[b].first + i] + c;
        store(row, load(row) + load(to + i * padded_dim));
      }
    }
  }
}

template <>
void backward_tile<AmxProducts>(const KeyList& keys, int64_t lane_begin, const BackwardTile& tile, const Workspace& w,
                                int64_t dim, int64_t padded_dim, float factor, float* d_table,
                                PrefetchQueue* prefetches) {
  if (keys.count == 0) return;
  float* const products = w.scores;
  float* const d_weights = products + kBackwardBlocks * kBlockFloats;
  float* const d_pairs = d_weights + kBackwardBlocks * kBlockFloats;
  float* const spare = d_pairs + kBackwardBlocks * kPairFloats;
  for (const KeyBlock* blocks = keys.blocks; blocks->count > 0;) {
    const int count = count_blocks(blocks, kBackwardBlocks);
    score_blocks<&KeyBlock::keys>(blocks, count, w.query_tile, padded_dim, products);
    score_blocks<&KeyBlock::values>(blocks, count, w.d_out_tile, padded_dim, d_weights);
    with_constant_parts(keys, [&](auto has_bias, auto has_table) {
      using Scores = BlockScores<decltype(has_bias)::value, decltype(has_table)::value>;
      for (int b = 0; b < count; ++b) {
        if (prefetches != nullptr) {
          prefetches->ask();
          prefetches->ask();
        }
        float* const of_block = products + b * kBlockFloats;
        const int64_t first = blocks[b].first;
        differentiate_block(Scores(keys, blocks[b], lane_begin, of_block, factor), blocks[b], tile, of_block,
                            d_weights + b * kBlockFloats, d_pairs + b * kPairFloats,
                            d_table == nullptr ? nullptr : d_table + lane_begin, keys.table_offset + first,
                            w.d_key_mass, keys.offset + first, padded_dim);
      }
    });
    accumulate_blocks<&KeyBlock::keys>(blocks, count, d_pairs, padded_dim, w.out_tile);
    scatter_blocks(blocks, count, d_weights, keys.offset, AmxProducts::lane_rows(nullptr, w.query_tile, padded_dim),
                   padded_dim, spare, w.d_key_arena);
    scatter_blocks(blocks, count, products, keys.offset, AmxProducts::lane_rows(nullptr, w.d_out_tile, padded_dim),
                   padded_dim, spare, w.d_value_arena);
    blocks += count;
  }
  clear_padding(dim, padded_dim, w.out_tile);
}

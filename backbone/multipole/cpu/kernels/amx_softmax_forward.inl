// The softmax of a tile over lists of keys, as in softmax_tile.inl, with products in the tiles of AMX.

// Blocks that are weighed before their values are summed.
constexpr int kBlocksOfTurn = 6;

// How far from 1 sums of weights may lie, either way.
constexpr float kMostTotal = 1.8446744073709552e19f;  // 2^64

MULTIPOLE_INLINE bool any_above(Vec x, float limit) {
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), _mm512_set1_ps(limit), _CMP_GT_OQ) != 0;
}

MULTIPOLE_INLINE bool any_below(Vec x, float limit) {
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(x), _mm512_set1_ps(limit), _CMP_LT_OQ) != 0;
}

// 2^(score - reference) of one block as weights in pairs of keys, in place of its products; zeros behind the last key.
// Adds them to `total`.
template <bool HasReference, class Scores>
MULTIPOLE_INLINE void weigh_block(const Scores& score, int64_t count, Vec reference, float* pairs, WeightSums* total) {
  const auto weight = [&](int64_t i) {
    return exp2_of_bfloat16(HasReference ? score(i) - reference : score(i));
  };
  const auto put = [&](int64_t i, Vec first, Vec second) {
    const Vec of_pair = AmxProducts::side_by_side(AmxProducts::round_both(first, second));
    store(pairs + i / 2 * kWidth, of_pair);
    total->add({first + second, AmxProducts::sum_of_pairs(of_pair)});
  };
  int64_t i = 0;
  for (; i + 2 <= count; i += 2) {
    const Vec first = weight(i);
    put(i, first, weight(i + 1));
  }
  if (i < count) {
    put(i, weight(i), Vec{});
    i += 2;
  }
  for (; i < AmxProducts::kBlock; i += 2) store(pairs + i / 2 * kWidth, Vec{});
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
  batch.fill(&keys, 1, kMostBlocks, &list, &begin);
  score_batch(batch, 0, w, padded_dim);
  return batch.count;
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
static WeightSums weigh_batch(const BlockBatch& batch, const Workspace& w, int64_t padded_dim, float factor, Vec reference,
                       bool is_first, PrefetchQueue* prefetches) {
  // tiles of keys are as wide as those of sums where a step is
  const bool has_high = padded_dim > 32 && channels_of_step(padded_dim) == 32;
  LowSums::clear();
  HighSums::clear();
  if (!is_first) {
    LowSums::load(w.out_tile, padded_dim > 16);
    if (has_high) HighSums::load(w.out_tile + 32 * kWidth, true);
  }
  WeightSums total = {};
  for (int begin = 0; begin < batch.count; begin += kBlocksOfTurn) {
    const int end = begin + kBlocksOfTurn < batch.count ? begin + kBlocksOfTurn : batch.count;
    for (int i = begin; i < end; ++i) {
      if (prefetches != nullptr) {
        prefetches->ask();
        prefetches->ask();
      }
      float* const products = w.scores + i * kBlockFloats;
      const KeyBlock& block = *batch.blocks[i];
      with_scores(*batch.keys[i], block, products, factor, [&](const auto& score) {
        weigh_block<HasReference>(score, block.count, reference, products, &total);
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
  SoftmaxState state = {};
  bool is_first = true, has_reference = false;
  int list = 0;
  int64_t begin = 0;
  BlockBatch batch;
  for (batch.fill(keys, lists, kMostBlocks, &list, &begin); batch.count > 0;
       batch.fill(keys, lists, kMostBlocks, &list, &begin)) {
    score_batch(batch, is_first ? scored : 0, w, padded_dim);
    if (!is_first) scale_tile(w.out_tile, dim, broadcast(1), w.out_rows);
    WeightSums total = has_reference
                           ? weigh_batch<true>(batch, w, padded_dim, factor, state.largest, is_first, prefetches)
                           : weigh_batch<false>(batch, w, padded_dim, factor, Vec{}, is_first, prefetches);
    if (any_above(total.exact, kMostTotal) || (is_first && any_below(total.exact, 1 / kMostTotal))) {
      score_batch(batch, 0, w, padded_dim);
      const Vec reference = largest_score(batch, w, factor, is_first ? broadcast(kMaskedScore) : state.largest);
      if (!is_first) {
        const Vec shrink = exp2(state.largest - reference);
        scale_tile(w.out_rows, dim, shrink, w.out_tile);
        state.total.shrink(shrink);
      }
      state.largest = reference;
      has_reference = true;
      total = weigh_batch<true>(batch, w, padded_dim, factor, reference, is_first, nullptr);
    }
    state.total.add(total);
    is_first = false;
  }
  if (is_first) {
    zero_tile(w.out_tile, padded_dim);
    state.largest = broadcast(kMaskedScore);
  }
  clear_padding(dim, padded_dim, w.out_tile);
  return state;
}

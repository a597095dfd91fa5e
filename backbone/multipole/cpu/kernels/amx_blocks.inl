// Blocks of keys at work in the tiles of AMX, for the softmax of a tile of queries. What the vector unit is left with is
// the softmax itself. Products and softmax take turns: while tiles are at work the vector unit has one of its two
// multipliers, and tiles that had none for long take as long again to begin (docs/performance.md).
//
// Scratch (3, kBlockKeys, width): products of a block are 16 x 16 floats, weights in bfloat16 half of that.

constexpr int64_t kBlockFloats = AmxProducts::kBlock * kWidth, kPairFloats = kBlockFloats / 2;
// Blocks whose scores are held at a time.
constexpr int kMostBlocks = 32;
static_assert(kMostBlocks * kBlockFloats <= 3 * kBlockKeys * kWidth);

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

// Blocks that go through the softmax together, of one list after another.
struct BlockBatch {
  const TileKeys* keys[kMostBlocks];
  const KeyBlock* blocks[kMostBlocks];
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

// Calls visit(block, its scores, its products) for a batch's blocks.
template <class Visit>
MULTIPOLE_INLINE void for_each_block(const BlockBatch& batch, float factor, float* products, Visit visit) {
  for (int i = 0; i < batch.count; ++i, products += kBlockFloats) {
    const KeyBlock& block = *batch.blocks[i];
    with_scores(*batch.keys[i], block, products, factor, [&](const auto& score) { visit(block, score, products); });
  }
}

// Gradients of the softmax of a tile over a list of keys, as in softmax_tile.inl, with products in the tiles of AMX.

// Blocks at a time.
constexpr int kBackwardBlocks = 5;
// products with queries and with gradients, gradients in pairs, and a block of keys of the most channels
static_assert(kBackwardBlocks * (2 * kBlockFloats + kPairFloats) + 16 * 128 <= 3 * kBlockKeys * kWidth);

// Where the gradients of the scores of one block go.
struct BlockGradients {
  float* by_lanes;  // d_out . value comes in and is replaced
  float* by_keys;
  float* table;  // or null; its entries at
  const int32_t* table_offset;
  float* key_mass;  // or null; of rows of the arena
  const int64_t* offset;
  int64_t padded_dim;

  MULTIPOLE_INLINE_MEMBER Vec of_key(int64_t i, Vec weight, Vec delta) const {
    const Vec gradient = (load(by_lanes + i * kWidth) - delta) * weight;
    if (table != nullptr) {
      float* entry = table + table_offset[i];
      store(entry, load(entry) + gradient);
    }
    if (key_mass != nullptr) key_mass[offset[i] / padded_dim] += sum_of_lanes(gradient);
    return gradient;
  }
  MULTIPOLE_INLINE_MEMBER void put(int64_t i, Vec first, Vec second) const {
    const Vec rounded = AmxProducts::round_both(first, second);
    store(by_lanes + i / 2 * kWidth, rounded);
    store(by_keys + i / 2 * kWidth, AmxProducts::side_by_side(rounded));
  }
};

// Weights by lanes in place of a block's products, and the gradients of its scores; zeros behind the last key.
template <class Scores>
MULTIPOLE_INLINE void differentiate_block(const Scores& score, int64_t count, const BackwardTile& tile,
                                          float* products, const BlockGradients& gradients) {
  int64_t i = 0;
  for (; i + 2 <= count; i += 2) {
    const Vec first = exp2_of_bfloat16(score(i) - tile.lse), second = exp2_of_bfloat16(score(i + 1) - tile.lse);
    const Vec d_first = gradients.of_key(i, first, tile.delta), d_second = gradients.of_key(i + 1, second, tile.delta);
    store(products + i / 2 * kWidth, AmxProducts::round_both(first, second));
    gradients.put(i, d_first, d_second);
  }
  if (i < count) {
    const Vec last = exp2_of_bfloat16(score(i) - tile.lse);
    const Vec d_last = gradients.of_key(i, last, tile.delta);
    store(products + i / 2 * kWidth, AmxProducts::round_both(last, Vec{}));
    gradients.put(i, d_last, Vec{});
    i += 2;
  }
  for (; i < AmxProducts::kBlock; i += 2) {
    store(products + i / 2 * kWidth, Vec{});
    gradients.put(i, Vec{}, Vec{});
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
      differentiate_block(score, block.count, tile, of_block,
                          {d_weights + i * kBlockFloats, d_pairs + i * kPairFloats,
                           d_table == nullptr ? nullptr : d_table + lane_begin, keys.table_offset + block.first,
                           w.d_key_mass, keys.offset + block.first, padded_dim});
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

// Products in float32, one by one: what tile.inl asks of its template argument `Products`.
struct Float32Products {
  using OfLevels = Float32Products;          // where summaries are the queries
  static constexpr bool kTakesRows = false;  // of tensors, see AmxProducts
  static constexpr int kPair = 1;

  MULTIPOLE_INLINE_MEMBER static Vec add_product(Vec sum, Vec a, const float* b) { return sum + a * *b; }

  MULTIPOLE_INLINE_MEMBER static const float* key_row(const float* arena, int64_t offset) { return arena + offset; }

  MULTIPOLE_INLINE_MEMBER static const float* summed_row(const KeyList& keys, int64_t i, const float* arena, int64_t) {
    return arena + keys.offset[i];
  }

  // The tile of queries holds the factor already.
  MULTIPOLE_INLINE_MEMBER static Vec score(Vec sum, float) { return sum; }

  static void finish_cell(const Workspace&, int64_t, int64_t, int64_t) {}
  static void prepare_list(const KeyList&, const Workspace&, const float*, int64_t) {}

  // A row of a tensor of `dim` channels into an arena.
  MULTIPOLE_INLINE_MEMBER static void pack_row(const void* base, int64_t element, int64_t dim, int64_t padded_dim,
                                               Storage storage, float* arena, int64_t offset) {
    load_row(arena + offset, base, element, dim, storage);
    for (int64_t c = dim; c < padded_dim; ++c) arena[offset + c] = 0;
  }

  // (lane, channel) -> (channel, lane), times factor
  static void make_tile(const float* rows, int64_t padded_dim, float factor, float* tile) {
    for (int64_t c = 0; c < padded_dim; c += kWidth) transpose_square(rows + c, padded_dim, tile + c * kWidth, kWidth);
    for (int64_t c = 0; c < padded_dim; ++c) store(tile + c * kWidth, load(tile + c * kWidth) * factor);
  }

  // (lane, channel) as scatter_block reads it
  static const float* lane_rows(const float* rows, const float*, int64_t) { return rows; }

  // Scores into weights 2^(score - largest) as accumulate_block reads them; returns their sums, lane by lane.
  MULTIPOLE_INLINE_MEMBER static WeightSums weigh(float* scores, int64_t count, Vec largest) {
    Vec total = Vec{};
    for (int64_t i = 0; i < count; ++i) {
      const Vec weight = exp2(load(scores + i * kWidth) - largest);
      store(scores + i * kWidth, weight);
      total += weight;
    }
    return {total, total};
  }

  // (key, lane) as accumulate_block and scatter_block read it
  static const float* by_keys(const float* values, int64_t, float*) { return values; }
  static const float* by_lanes(float* values, int64_t) { return values; }
};

// Products in bfloat16 with float32 sums: what tile.inl asks of its template argument `Products`. One instruction
// multiplies pairs, so a 32-bit element of every operand holds two neighbours: channels for scores, keys for sums over
// keys, lanes for sums over lanes. Weights and gradients of scores are rounded to bfloat16, sums never are.
struct Bfloat16Products {
  using OfLevels = Bfloat16Products;
  static constexpr bool kTakesRows = false;  // of tensors, see AmxProducts
  static constexpr int kPair = 2;

  MULTIPOLE_INLINE_MEMBER static Vec add_product(Vec sum, Vec a, const float* b) {
    return reinterpret_cast<Vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(a),
                                                  reinterpret_cast<__m512bh>(broadcast_bits(b))));
  }

  // Arenas of keys and values hold rows of bfloat16 at the same element offsets.
  MULTIPOLE_INLINE_MEMBER static const float* key_row(const float* arena, int64_t offset) {
    return half(arena, offset);
  }

  MULTIPOLE_INLINE_MEMBER static const float* summed_row(const KeyList& keys, int64_t i, const float*,
                                                         int64_t padded_dim) {
    return keys.pairs + i / 2 * padded_dim;
  }

  MULTIPOLE_INLINE_MEMBER static Vec score(Vec sum, float factor) { return sum * factor; }

  static void finish_cell(const Workspace&, int64_t, int64_t, int64_t) {}

  // Rows of the list's keys 2i and 2i + 1, channel by channel beside each other. An odd last key is paired with itself:
  // the weight of its partner is zero.
  static void prepare_list(const KeyList& keys, const Workspace&, const float* arena, int64_t padded_dim) {
    for (int64_t i = keys.kept / 2 * 2; i < keys.count; i += 2) {
      const float* a = half(arena, keys.offset[i]);
      const float* b = half(arena, keys.offset[smaller(i + 1, keys.count - 1)]);
      float* to = keys.pairs + i / 2 * padded_dim;
      for (int64_t c = 0; c < padded_dim; c += 32) {
        const Vec of_a = load(a + c / 2), of_b = load(b + c / 2);
        store(to + c, interleave<0>(of_a, of_b));
        if (c + 16 < padded_dim) store(to + c + 16, interleave<16>(of_a, of_b));
      }
    }
  }

  // A row of a bfloat16 tensor of `dim` channels into an arena.
  MULTIPOLE_INLINE_MEMBER static void pack_row(const void* base, int64_t element, int64_t dim, int64_t padded_dim,
                                               Storage, float* arena, int64_t offset) {
    const uint16_t* from = static_cast<const uint16_t*>(base) + element;
    uint16_t* to = reinterpret_cast<uint16_t*>(arena) + offset;
    int64_t c = 0;
    for (; c < dim; c += 8) *reinterpret_cast<Half8*>(to + c) = *reinterpret_cast<const Half8*>(from + c);
    for (; c < padded_dim; c += 8) *reinterpret_cast<Half8*>(to + c) = Half8{};
  }

  // (lane, channel) -> (pair of channels, lane), and behind it (pair of lanes, channel). The factor is left to score().
  static void make_tile(const float* rows, int64_t padded_dim, float, float* tile) {
    for (int64_t c = 0; c < padded_dim; c += 32) {
      Vec of_lane[kWidth];
      for (int lane = 0; lane < kWidth; ++lane) {
        const float* row = rows + lane * padded_dim + c;
        of_lane[lane] = round_both(load(row), c + 16 < padded_dim ? load(row + 16) : Vec{});
      }
      transpose_registers(of_lane);
      for (int i = 0; i < kWidth; ++i) store(tile + (c / 2 + i) * kWidth, of_lane[i]);
    }
    float* pairs = tile + lane_rows_offset(padded_dim);
    for (int lane = 0; lane < kWidth; lane += 2) {
      for (int64_t c = 0; c < padded_dim; c += 16, pairs += 16) {
        const float* row = rows + lane * padded_dim + c;
        store(pairs, side_by_side(round_both(load(row), load(row + padded_dim))));
      }
    }
  }

  static const float* lane_rows(const float*, const float* tile, int64_t padded_dim) {
    return tile + lane_rows_offset(padded_dim);
  }

  MULTIPOLE_INLINE_MEMBER static WeightSums weigh(float* scores, int64_t count, Vec largest) {
    WeightSums sums = {};
    for (int64_t i = 0; i < count; i += 2) {
      const Vec first = exp2(load(scores + i * kWidth) - largest);
      const Vec second = i + 1 < count ? exp2(load(scores + (i + 1) * kWidth) - largest) : Vec{};
      const Vec pairs = side_by_side(round_both(first, second));
      store(scores + i / 2 * kWidth, pairs);
      sums.add({first + second, sum_of_pairs(pairs)});
    }
    return sums;
  }

  // (key, lane) -> (pair of keys, lane) in `to`
  MULTIPOLE_INLINE_MEMBER static const float* by_keys(const float* values, int64_t count, float* to) {
    for (int64_t i = 0; i < count; i += 2) {
      const Vec second = i + 1 < count ? load(values + (i + 1) * kWidth) : Vec{};
      store(to + i / 2 * kWidth, side_by_side(round_both(load(values + i * kWidth), second)));
    }
    return to;
  }

  // (key, lane) -> (key, pair of lanes) in place
  MULTIPOLE_INLINE_MEMBER static const float* by_lanes(float* values, int64_t count) {
    for (int64_t i = 0; i < count; i += 2) {
      const Vec second = i + 1 < count ? load(values + (i + 1) * kWidth) : Vec{};
      store(values + i / 2 * kWidth, round_both(load(values + i * kWidth), second));
    }
    return values;
  }

  // The sum of the two bfloat16 of each lane, as products take them.
  MULTIPOLE_INLINE_MEMBER static Vec sum_of_pairs(Vec pairs) {
    const __m512i bits = reinterpret_cast<__m512i>(pairs);
    return reinterpret_cast<Vec>(_mm512_slli_epi32(bits, 16)) +
           reinterpret_cast<Vec>(_mm512_and_si512(bits, _mm512_set1_epi32(static_cast<int>(0xffff0000))));
  }

  // 32 bfloat16: those of `low` first
  MULTIPOLE_INLINE_MEMBER static Vec round_both(Vec low, Vec high) {
    return reinterpret_cast<Vec>(_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low)));
  }

  // The first and the second 16 of a row of bfloat16 beside each other.
  MULTIPOLE_INLINE_MEMBER static Vec side_by_side(Vec row) {
    typedef uint16_t HalfVec __attribute__((vector_size(64)));
    HalfVec from;
    for (int i = 0; i < 16; ++i) {
      from[2 * i] = static_cast<uint16_t>(i);
      from[2 * i + 1] = static_cast<uint16_t>(16 + i);
    }
    return reinterpret_cast<Vec>(__builtin_shuffle(reinterpret_cast<HalfVec>(row), from));
  }

 protected:
  MULTIPOLE_INLINE_MEMBER static const float* half(const float* arena, int64_t offset) {
    return reinterpret_cast<const float*>(reinterpret_cast<const uint16_t*>(arena) + offset);
  }

  MULTIPOLE_INLINE_MEMBER static int64_t lane_rows_offset(int64_t padded_dim) {
    return ceil_div(padded_dim, 32) * 16 * kWidth;
  }

  MULTIPOLE_INLINE_MEMBER static __m512i broadcast_bits(const float* from) {
    typedef int32_t AnyInt __attribute__((may_alias));
    return _mm512_set1_epi32(*reinterpret_cast<const AnyInt*>(from));
  }

  // Elements First .. First + 15 of two rows of bfloat16 beside each other: a0 b0 a1 b1 ...
  template <int First>
  MULTIPOLE_INLINE_MEMBER static Vec interleave(Vec a, Vec b) {
    typedef uint16_t HalfVec __attribute__((vector_size(64)));
    HalfVec from;
    for (int i = 0; i < 16; ++i) {
      from[2 * i] = static_cast<uint16_t>(First + i);
      from[2 * i + 1] = static_cast<uint16_t>(32 + First + i);
    }
    return reinterpret_cast<Vec>(__builtin_shuffle(reinterpret_cast<HalfVec>(a), reinterpret_cast<HalfVec>(b), from));
  }
};

// Products of bfloat16 in the tiles of AMX, sixteen keys at a time. A key's row in an arena is as wide as one of
// float32: its first half holds the channels in bfloat16. The second halves of a block of sixteen rows hold its
// transpose, sixteen keys a channel: channel 16 t + i in row i at place t. So both can be loaded as tiles.
//
// The near field is read where it lies: its cells begin with a block. Other lists are gathered into blocks.
struct AmxProducts : Bfloat16Products {
  using OfLevels = Float32Products;  // few, and what they lose adds up from level to level
  static constexpr bool kTakesRows = true;
  static constexpr int64_t kBlock = 16;

  MULTIPOLE_INLINE_MEMBER static void pack_row(const void* base, int64_t element, int64_t dim, int64_t padded_dim,
                                               Storage, float* arena, int64_t offset) {
    const uint16_t* from = static_cast<const uint16_t*>(base) + element;
    uint16_t* to = reinterpret_cast<uint16_t*>(arena + offset);
    int64_t c = 0;
    for (; c + 32 <= dim; c += 32) copy_bytes<64>(from + c, to + c);
    for (; c < dim; c += 8) copy_bytes<16>(from + c, to + c);
    for (; c < padded_dim; c += 8) *reinterpret_cast<Half8*>(to + c) = Half8{};
  }

  // After the rows of a cell, from element `first` of the arenas on: the transposes that its blocks need.
  static void finish_cell(const Workspace& w, int64_t first, int64_t tokens, int64_t padded_dim) {
    const bool is_backward = w.d_key_arena != nullptr;
    float* rows = (is_backward ? w.key_arena : w.value_arena) + first;
    int64_t offset[kBlock];
    for (int64_t i = 0; i < kBlock; ++i) offset[i] = i * padded_dim;
    for (; tokens > 0; tokens -= kBlock, rows += kBlock * padded_dim) {
      transpose_block(rows, offset, smaller(tokens, kBlock), padded_dim, rows);
    }
  }

  // Cuts a list, the rows of which will be summed, of its keys or of its values as `arena` says, into keys.blocks.
  // Blocks of kept keys stay as they are.
  static void prepare_list(const KeyList& keys, const Workspace& w, const float* arena, int64_t padded_dim) {
    if (keys.blocks == nullptr) return;
    KeyBlock* block = keys.blocks + keys.kept / kBlock;
    for (int64_t i = keys.kept / kBlock * kBlock; i < keys.count; i += block->count, ++block) {
      const int64_t most = smaller(kBlock, keys.count - i), offset = keys.offset[i];
      if (keys.in_cells && starts_block(offset, padded_dim)) {
        int64_t run = 1;
        while (run < most && keys.offset[i + run] == offset + run * padded_dim) ++run;
        // what a mask left out of a block must not be multiplied, even by zero
        if (run == kBlock || keys.bias == nullptr) {
          *block = {w.key_arena + offset, w.value_arena + offset, i, run, true};
          continue;
        }
      }
      float* gathered = keys.pairs + (block - keys.blocks) * 2 * kBlock * padded_dim;
      *block = {gathered, gathered + kBlock * padded_dim, i, most, false};
      gather(keys.offset + i, most, w, arena == w.key_arena, padded_dim, gathered);
      if (i % 32 == 16) use_tiles();
    }
    block->count = 0;
  }

  // (lane, channel) -> (pair of channels, lane), rows as they lie in a tensor or null; make_tile's first part.
  MULTIPOLE_INLINE_MEMBER static void make_tile_of_rows(const uint16_t* const (&rows)[kWidth], int64_t dim,
                                                        int64_t padded_dim, float* tile) {
    for (int64_t c = 0; c < padded_dim; c += 32) {
      const int64_t channels = larger(0, smaller(32, dim - c));
      const __mmask32 mask = channels == 32 ? ~__mmask32{0} : static_cast<__mmask32>((int64_t{1} << channels) - 1);
      Vec of_lane[kWidth];
      for (int lane = 0; lane < kWidth; ++lane) {
        of_lane[lane] = rows[lane] == nullptr
                            ? Vec{}
                            : reinterpret_cast<Vec>(_mm512_maskz_loadu_epi16(mask, rows[lane] + c));
      }
      transpose_registers(of_lane);
      for (int i = 0; i < kWidth; ++i) store(tile + (c / 2 + i) * kWidth, of_lane[i]);
    }
  }

  // A product of which nothing is used: tiles that had none for some 300 ns take as long again to begin
  // (docs/performance.md).
  MULTIPOLE_INLINE_MEMBER static void use_tiles() { multiply_tiles<kScoreTile, kRowTile, kQueryTile>(); }

 private:
  template <int Bytes>
  MULTIPOLE_INLINE_MEMBER static void copy_bytes(const void* from, void* to) {
    typedef uint8_t Chunk __attribute__((vector_size(Bytes), aligned(1), may_alias));
    *reinterpret_cast<Chunk*>(to) = *reinterpret_cast<const Chunk*>(from);
  }

  MULTIPOLE_INLINE_MEMBER static bool starts_block(int64_t offset, int64_t padded_dim) {
    const int64_t block = kBlock * padded_dim;
    return (block & (block - 1)) == 0 ? (offset & (block - 1)) == 0 : offset % block == 0;
  }

  // Values are read by keys only where not they are summed.
  static void gather(const int64_t* offset, int64_t count, const Workspace& w, bool sums_keys, int64_t padded_dim,
                     float* keys) {
    float* const values = keys + kBlock * padded_dim;
    copy_rows(w.key_arena, offset, count, padded_dim, keys);
    if (sums_keys) copy_rows(w.value_arena, offset, count, padded_dim, values);
    transpose_block(sums_keys ? w.key_arena : w.value_arena, offset, count, padded_dim, sums_keys ? keys : values);
  }

  MULTIPOLE_INLINE_MEMBER static void copy_rows(const float* arena, const int64_t* offset, int64_t count,
                                                int64_t padded_dim, float* to) {
    for (int64_t i = 0; i < count; ++i, to += padded_dim) {
      const float* const from = arena + offset[i];
      int64_t c = 0;  // of the floats that two channels share
      for (; c + 16 <= padded_dim / 2; c += 16) copy_bytes<64>(from + c, to + c);
      if (c < padded_dim / 2) copy_bytes<32>(from + c, to + c);
    }
  }

  // The second halves of a block's rows `to` from the first halves of `count` rows of an arena; zeros for other keys.
  static void transpose_block(const float* arena, const int64_t* offset, int64_t count, int64_t padded_dim, float* to) {
    for (int64_t c = 0; c < padded_dim; c += 32) {
      const bool is_whole = c + 32 <= padded_dim;
      Vec pairs[kWidth];  // (pair of keys, four and four channels), those of interleave_low first
      for (int i = 0; i < 8; ++i) {
        const Vec even = 2 * i < count ? channels(arena + offset[2 * i], c, is_whole) : Vec{};
        const Vec odd = 2 * i + 1 < count ? channels(arena + offset[2 * i + 1], c, is_whole) : Vec{};
        pairs[i] = interleave_low(even, odd);
        pairs[8 + i] = interleave_high(even, odd);
      }
      transpose_registers(pairs);
#pragma GCC unroll 16
      for (int lane = 0; lane < kWidth; ++lane) {
        const int channel = lane / 4 * 8 + lane % 4;  // of the 32, and the one four further
        if (channel < 16 || is_whole) {
          put_channel(to + c / 2, channel, lower_half(pairs[lane]), padded_dim);
          put_channel(to + c / 2, channel + 4, upper_half(pairs[lane]), padded_dim);
        }
      }
    }
  }

  MULTIPOLE_INLINE_MEMBER static Vec channels(const float* row, int64_t c, bool is_whole) {
    if (is_whole) return load(half(row, c));
    return reinterpret_cast<Vec>(_mm512_zextsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(half(row, c)))));
  }

  MULTIPOLE_INLINE_MEMBER static void put_channel(float* rows, int channel, __m256i keys, int64_t padded_dim) {
    float* to = rows + channel % kBlock * padded_dim + padded_dim / 2 + channel / kBlock * (kBlock / 2);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), keys);
  }

  MULTIPOLE_INLINE_MEMBER static __m256i lower_half(Vec x) {
    return _mm512_castsi512_si256(reinterpret_cast<__m512i>(x));
  }
  MULTIPOLE_INLINE_MEMBER static __m256i upper_half(Vec x) {
    return _mm512_extracti64x4_epi64(reinterpret_cast<__m512i>(x), 1);
  }
  MULTIPOLE_INLINE_MEMBER static Vec interleave_low(Vec a, Vec b) {
    return reinterpret_cast<Vec>(_mm512_unpacklo_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
  }
  MULTIPOLE_INLINE_MEMBER static Vec interleave_high(Vec a, Vec b) {
    return reinterpret_cast<Vec>(_mm512_unpackhi_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
  }
};

// The eight tile registers of AMX (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18)
// and what this unit keeps in them. A product of tiles takes A, up to 16 rows of pairs of bfloat16, and B, whose row i
// holds the pairs of every column, and adds to C, up to 16 x 16 float32. Sums and products are rounded to nearest even;
// denormal numbers count as zero.

enum AmxTile : int {
  kSumTile0,     // C: 16 x 16 float32
  kSumTile1,     // likewise
  kScoreTile,    // likewise
  kRowTile,      // A: a step of channels of 16 keys
  kQueryTile,    // B: a step of channels of 16 queries
  kSixteenTile,  // A: 16 rows of 16 bfloat16
  kWeightTile    // B: 16 keys or lanes, in pairs, by 16 columns
};

// Channels that a product of scores sums over: a whole row of a tile, or half of one where a row would reach past a key.
MULTIPOLE_INLINE int64_t channels_of_step(int64_t padded_dim) { return padded_dim % 32 == 0 ? 32 : 16; }

// Gives the calling thread its tiles for rows of `padded_dim` channels, and takes them back.
class AmxTiles {
 public:
  MULTIPOLE_INLINE_MEMBER explicit AmxTiles(int64_t padded_dim) {
    struct alignas(64) {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } shapes;
    for (int tile = 0; tile < 8; ++tile) {
      shapes.row_bytes[tile] = 64;
      shapes.rows[tile] = 16;
    }
    const int64_t step = channels_of_step(padded_dim);
    shapes.row_bytes[kRowTile] = static_cast<uint16_t>(2 * step);
    shapes.rows[kQueryTile] = static_cast<uint8_t>(step / 2);
    shapes.row_bytes[kSixteenTile] = 32;
    shapes.rows[kWeightTile] = 8;
    asm volatile("ldtilecfg %0" : : "m"(shapes));
  }
  MULTIPOLE_INLINE_MEMBER ~AmxTiles() { asm volatile("tilerelease" : : : "memory"); }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;
};

// Rows `stride` bytes apart.
template <int Tile>
MULTIPOLE_INLINE void load_tile(const void* from, int64_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile) : "memory");
}

template <int Tile>
MULTIPOLE_INLINE void store_tile(void* to, int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(Tile) : "memory");
}

template <int Tile>
MULTIPOLE_INLINE void clear_tile() {
  asm volatile("tilezero %%tmm%c0" : : "i"(Tile));
}

// C += A B
template <int C, int A, int B>
MULTIPOLE_INLINE void multiply_tiles() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
}

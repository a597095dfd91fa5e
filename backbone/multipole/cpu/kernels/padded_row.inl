// Rows of tensors of any number of channels as float32.

MULTIPOLE_INLINE float load_one(const void* base, int64_t element, Storage storage) {
  if (storage == Storage::float32) return static_cast<const float*>(base)[element];
  const uint32_t bits = static_cast<uint32_t>(static_cast<const uint16_t*>(base)[element]) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// `dim` channels from storage, and zeros up to `padded_dim`.
MULTIPOLE_INLINE void load_padded_row(float* to, const void* base, int64_t element, int64_t dim, int64_t padded_dim,
                                      Storage storage) {
  const int64_t whole = dim / 8 * 8;
  load_row(to, base, element, whole, storage);
  for (int64_t c = whole; c < dim; ++c) to[c] = load_one(base, element + c, storage);
  for (int64_t c = dim; c < padded_dim; ++c) to[c] = 0;
}

// Asks for a row that will soon be loaded: those of one head lie too far apart for the processor to foresee.
MULTIPOLE_INLINE void prefetch_row(const void* base, int64_t element, int64_t dim, Storage storage) {
  const int64_t bytes = storage == Storage::float32 ? 4 : 2;
  const char* row = static_cast<const char*>(base) + element * bytes;
  for (int64_t byte = 0; byte < dim * bytes; byte += 64) __builtin_prefetch(row + byte, 0, 2);
}

// rows (a multiple of kWidth of them) -> tiles (rows / kWidth, padded_dim, kWidth), one row a lane, times factor
static void rows_to_tiles(const float* rows, int64_t count, int64_t padded_dim, float factor, float* tiles) {
  for (int64_t i = 0; i < count; i += kWidth) {
    Float32Products::make_tile(rows + i * padded_dim, padded_dim, factor, tiles + i * padded_dim);
  }
}

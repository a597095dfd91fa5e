// Small operations on rows of floats.

MULTIPOLE_INLINE void zero_floats(float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = 0;
}

MULTIPOLE_INLINE float dot_rows(const float* a, const float* b, int64_t padded_dim) {
  Vec sum = Vec{};
  for (int64_t c = 0; c < padded_dim; c += kWidth) sum += load(a + c) * load(b + c);
  return sum_of_lanes(sum);
}

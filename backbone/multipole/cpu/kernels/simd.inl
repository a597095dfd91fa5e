// One vector vocabulary for all instruction sets. Included inside the namespace of one instruction set by a translation
// unit that defines MULTIPOLE_SIMD_WIDTH (floats in a vector). GCC's vector extensions give + - * and broadcasts; only
// what they express badly is an intrinsic. Nothing here may call an inline function of the standard library: the linker
// could keep this unit's copy, with this unit's instructions, for the whole program.

constexpr int kWidth = MULTIPOLE_SIMD_WIDTH;
typedef float Vec __attribute__((vector_size(4 * MULTIPOLE_SIMD_WIDTH)));
typedef int32_t IntVec __attribute__((vector_size(4 * MULTIPOLE_SIMD_WIDTH)));
typedef float UnalignedVec __attribute__((vector_size(4 * MULTIPOLE_SIMD_WIDTH), aligned(4), may_alias));

#define MULTIPOLE_INLINE static inline __attribute__((always_inline))
#define MULTIPOLE_INLINE_MEMBER inline __attribute__((always_inline))

MULTIPOLE_INLINE Vec load(const float* from) { return *reinterpret_cast<const UnalignedVec*>(from); }
MULTIPOLE_INLINE void store(float* to, Vec value) { *reinterpret_cast<UnalignedVec*>(to) = value; }
MULTIPOLE_INLINE Vec broadcast(float value) { return value - Vec{}; }

// The same pointer, of unknown origin to the compiler: it then reads row[c] at a constant displacement instead of
// computing one index a channel.
MULTIPOLE_INLINE const float* opaque(const float* pointer) {
  asm("" : "+r"(pointer));
  return pointer;
}

// The larger of a and b, b where either is NaN.
MULTIPOLE_INLINE Vec max(Vec a, Vec b) {
#if MULTIPOLE_SIMD_WIDTH == 16
  return reinterpret_cast<Vec>(_mm512_max_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
#elif MULTIPOLE_SIMD_WIDTH == 8
  return reinterpret_cast<Vec>(_mm256_max_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b)));
#else
  return a > b ? a : b;
#endif
}

MULTIPOLE_INLINE Vec square_root(Vec x) {
#if MULTIPOLE_SIMD_WIDTH == 16
  return reinterpret_cast<Vec>(_mm512_sqrt_ps(reinterpret_cast<__m512>(x)));
#elif MULTIPOLE_SIMD_WIDTH == 8
  return reinterpret_cast<Vec>(_mm256_sqrt_ps(reinterpret_cast<__m256>(x)));
#else
  for (int lane = 0; lane < kWidth; ++lane) x[lane] = __builtin_sqrtf(x[lane]);
  return x;
#endif
}

// 2^x, relative error below 2e-7, for x <= 127; far below -125 it gives something between 0 and 2^-125. NaN stays NaN.
MULTIPOLE_INLINE Vec exp2(Vec x) {
#if MULTIPOLE_SIMD_WIDTH == 16
  const __m512 whole = _mm512_roundscale_ps(reinterpret_cast<__m512>(x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const Vec f = x - reinterpret_cast<Vec>(whole);
#else
  x = max(broadcast(-125.0f), x);
  const Vec magic = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number kept in the low bits
  const Vec shifted = x + magic;
  const Vec f = x - (shifted - magic);
#endif
  Vec p = broadcast(0.0013276472454890609f);
  p = p * f + 0.009675540961325169f;
  p = p * f + 0.05550713092088699f;
  p = p * f + 0.24022120237350464f;
  p = p * f + 0.6931469440460205f;
  p = p * f + 1.0000001192092896f;
#if MULTIPOLE_SIMD_WIDTH == 16
  return reinterpret_cast<Vec>(_mm512_scalef_ps(reinterpret_cast<__m512>(p), whole));
#else
  return reinterpret_cast<Vec>(reinterpret_cast<IntVec>(p) + (reinterpret_cast<IntVec>(shifted) << 23));
#endif
}

// log2(x) for normal positive x: exponent plus the atanh series of the mantissa in [sqrt(1/2), sqrt(2)). NaN stays NaN,
// whose bits would pass for a mantissa and an exponent.
MULTIPOLE_INLINE Vec log2(Vec x) {
  const IntVec bits = reinterpret_cast<IntVec>(x);
  const IntVec exponent = (bits - 0x3f3504f3) >> 23;
  const Vec mantissa = reinterpret_cast<Vec>(bits - (exponent << 23));
  const Vec z = (mantissa - 1.0f) / (mantissa + 1.0f);
  const Vec zz = z * z;
  Vec series = broadcast(2.0f / 9);
  series = series * zz + 2.0f / 7;
  series = series * zz + 2.0f / 5;
  series = series * zz + 2.0f / 3;
  series = series * zz + 2.0f;
  const Vec result = series * z * 1.4426950408889634f + __builtin_convertvector(exponent, Vec);
  return x == x ? result : x;
}

template <int Step>
MULTIPOLE_INLINE Vec add_lanes_apart(Vec x) {
  IntVec other;
  for (int lane = 0; lane < kWidth; ++lane) other[lane] = lane ^ Step;
  return x + __builtin_shuffle(x, other);
}

MULTIPOLE_INLINE float sum_of_lanes(Vec x) {
  if constexpr (kWidth > 8) x = add_lanes_apart<8>(x);
  if constexpr (kWidth > 4) x = add_lanes_apart<4>(x);
  return add_lanes_apart<1>(add_lanes_apart<2>(x))[0];
}

// One butterfly stage of the square transposition: swaps the off-diagonal Step x Step blocks of every 2 Step square.
template <int Step>
MULTIPOLE_INLINE void transpose_stage(Vec (&rows)[kWidth]) {
  IntVec low, high;
  for (int lane = 0; lane < kWidth; ++lane) {
    low[lane] = (lane & Step) ? kWidth + lane - Step : lane;
    high[lane] = (lane & Step) ? kWidth + lane : lane + Step;
  }
  for (int row = 0; row < kWidth; ++row) {
    if (row & Step) continue;
    const Vec a = rows[row], b = rows[row + Step];
    rows[row] = __builtin_shuffle(a, b, low);
    rows[row + Step] = __builtin_shuffle(a, b, high);
  }
}

MULTIPOLE_INLINE void transpose_registers(Vec (&rows)[kWidth]) {
  transpose_stage<1>(rows);
  transpose_stage<2>(rows);
  if constexpr (kWidth > 4) transpose_stage<4>(rows);
  if constexpr (kWidth > 8) transpose_stage<8>(rows);
}

// to (kWidth x kWidth, row stride to_stride) = transpose of from (row stride from_stride).
MULTIPOLE_INLINE void transpose_square(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  Vec rows[kWidth];
  for (int row = 0; row < kWidth; ++row) rows[row] = load(from + row * from_stride);
  transpose_registers(rows);
  for (int row = 0; row < kWidth; ++row) store(to + row * to_stride, rows[row]);
}

// Rows of `count` (a multiple of 8) floats from storage to float32 and back; bfloat16 is rounded to nearest even.
typedef float Float8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint32_t Bits8 __attribute__((vector_size(32)));
typedef uint16_t Half8 __attribute__((vector_size(16), aligned(2), may_alias));

// A row is written in whole vectors as far as it goes: a vector can not be read back soon that was stored in parts.
MULTIPOLE_INLINE void load_row(float* to, const void* base, int64_t element, int64_t count, Storage storage) {
  int64_t i = 0;
  if (storage == Storage::float32) {
    const float* from = static_cast<const float*>(base) + element;
#if MULTIPOLE_SIMD_WIDTH == 16
    for (; i + 16 <= count; i += 16) store(to + i, load(from + i));
#endif
    for (; i < count; i += 8) {
      *reinterpret_cast<Float8*>(to + i) = *reinterpret_cast<const Float8*>(from + i);
    }
  } else {
    const uint16_t* from = static_cast<const uint16_t*>(base) + element;
#if MULTIPOLE_SIMD_WIDTH == 16
    for (; i + 16 <= count; i += 16) {
      const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i)));
      store(to + i, reinterpret_cast<Vec>(_mm512_slli_epi32(wide, 16)));
    }
#endif
    for (; i < count; i += 8) {
      const Bits8 wide = __builtin_convertvector(*reinterpret_cast<const Half8*>(from + i), Bits8) << 16;
      *reinterpret_cast<Float8*>(to + i) = reinterpret_cast<Float8>(wide);
    }
  }
}

MULTIPOLE_INLINE void store_row(const float* from, void* base, int64_t element, int64_t count, float factor,
                                Storage storage) {
  if (storage == Storage::float32) {
    float* to = static_cast<float*>(base) + element;
    for (int64_t i = 0; i < count; i += 8) {
      *reinterpret_cast<Float8*>(to + i) = *reinterpret_cast<const Float8*>(from + i) * factor;
    }
  } else {
    uint16_t* to = static_cast<uint16_t*>(base) + element;
    int64_t i = 0;
#ifdef MULTIPOLE_BFLOAT16_PRODUCTS
    for (; i + 16 <= count; i += 16) {
      const __m256bh rounded = _mm512_cvtneps_pbh(reinterpret_cast<__m512>(load(from + i) * factor));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), reinterpret_cast<__m256i>(rounded));
    }
#endif
    for (; i < count; i += 8) {
      const Float8 value = *reinterpret_cast<const Float8*>(from + i) * factor;
      const Bits8 bits = reinterpret_cast<Bits8>(value);
      const Bits8 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
      const Bits8 quiet_nan = rounded * 0 + 0x7fc0u;
      const Bits8 result = (bits & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded;
      *reinterpret_cast<Half8*>(to + i) = __builtin_convertvector(result, Half8);
    }
  }
}

#include "datasets/pictures/rgb_rows_avx2.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <array>
#include <stdexcept>

namespace multipole {

#ifdef __x86_64__

#define MULTIPOLE_AVX2 __attribute__((target("avx2")))

namespace {

constexpr int64_t kPixels = 16;  // of a step
constexpr int kLowBits = 15;

// A weight w as two numbers of 16 bits, high * 2^15 + low: _mm256_madd_epi16 multiplies 16 of them by 16 pixels and
// adds neighbours. Sums are taken modulo 2^32, where the high ones are shifted without loss.
struct SplitWeights {
  explicit SplitWeights(const AxisWeights& axis) : room((axis.taps + kPixels - 1) / kPixels * kPixels) {
    const size_t count = axis.begin.size();
    high.resize(count * static_cast<size_t>(room));
    low.resize(high.size());
    for (size_t i = 0; i < count; ++i) {
      for (int64_t k = 0; k < axis.number[i]; ++k) {
        const size_t to = i * static_cast<size_t>(room) + static_cast<size_t>(k);
        const int32_t weight = axis.weight[i * static_cast<size_t>(axis.taps) + static_cast<size_t>(k)];
        const int32_t upper = (weight + (1 << (kLowBits - 1))) >> kLowBits;
        high[to] = static_cast<int16_t>(upper);
        low[to] = static_cast<int16_t>(weight - upper * (1 << kLowBits));
      }
    }
  }

  int64_t room;                    // of an output, the end zeros
  std::vector<int16_t> high, low;  // (outputs, room)
};

// Which bytes of the three vectors that hold 16 RGB pixels are those of a channel; -1 makes a zero.
struct ChannelShuffle {
  __m128i from[3];
};

MULTIPOLE_AVX2 ChannelShuffle channel_shuffle(int channel) {
  alignas(16) std::array<std::array<int8_t, 16>, 3> places;
  for (auto& each : places) each.fill(-1);
  for (int pixel = 0; pixel < kPixels; ++pixel) {
    const int byte = 3 * pixel + channel;
    places[static_cast<size_t>(byte / 16)][static_cast<size_t>(pixel)] = static_cast<int8_t>(byte % 16);
  }
  ChannelShuffle shuffle;
  for (size_t part = 0; part < 3; ++part) {
    shuffle.from[part] = _mm_load_si128(reinterpret_cast<const __m128i*>(places[part].data()));
  }
  return shuffle;
}

using Planes = std::array<uint8_t*, 3>;

MULTIPOLE_AVX2 void split_channels(const uint8_t* rgb, int64_t width, const std::array<ChannelShuffle, 3>& shuffles,
                                   const Planes& planes) {
  int64_t x = 0;
  for (; x + kPixels <= width; x += kPixels, rgb += 3 * kPixels) {
    const auto part = [rgb](int i)
                          MULTIPOLE_AVX2 { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rgb) + i); };
    const __m128i first = part(0), second = part(1), third = part(2);
    for (size_t c = 0; c < 3; ++c) {
      const __m128i* const from = shuffles[c].from;
      const __m128i bytes =
          _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(first, from[0]), _mm_shuffle_epi8(second, from[1])),
                       _mm_shuffle_epi8(third, from[2]));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(planes[c] + x), bytes);
    }
  }
  for (; x < width; ++x, rgb += 3) {
    for (size_t c = 0; c < 3; ++c) planes[c][x] = rgb[c];
  }
}

// The three channels of the output whose first input is pixel `begin`.
MULTIPOLE_AVX2 void sum_pixels(const Planes& planes, int64_t begin, int64_t number, const int16_t* high,
                               const int16_t* low, uint8_t* out) {
  __m256i highs[3], sums[3];
  for (size_t c = 0; c < 3; ++c) highs[c] = sums[c] = _mm256_setzero_si256();
  for (int64_t k = 0; k < number; k += kPixels) {
    const __m256i upper = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(high + k));
    const __m256i lower = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(low + k));
    for (size_t c = 0; c < 3; ++c) {
      const auto* const bytes = reinterpret_cast<const __m128i*>(planes[c] + begin + k);
      const __m256i pixels = _mm256_cvtepu8_epi16(_mm_loadu_si128(bytes));
      highs[c] = _mm256_add_epi32(highs[c], _mm256_madd_epi16(pixels, upper));
      sums[c] = _mm256_add_epi32(sums[c], _mm256_madd_epi16(pixels, lower));
    }
  }
  for (size_t c = 0; c < 3; ++c) sums[c] = _mm256_add_epi32(sums[c], _mm256_slli_epi32(highs[c], kLowBits));
  // of each channel the sum of eight lanes, rounded, cut to a byte
  const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[2]));
  __m128i total = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
  total = _mm_srai_epi32(_mm_add_epi32(total, _mm_set1_epi32(1 << (kWeightBits - 1))), kWeightBits);
  const __m128i words = _mm_packs_epi32(total, total);
  const auto bytes = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm_packus_epi16(words, words)));
  for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(bytes >> (8 * c));
}

}  // namespace

bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }

MULTIPOLE_AVX2 std::vector<uint8_t> resize_rgb_rows_avx2(const uint8_t* source, int64_t stride, int64_t rows,
                                                         int64_t width, const AxisWeights& axis) {
  const SplitWeights weights(axis);
  const std::array<ChannelShuffle, 3> shuffles = {channel_shuffle(0), channel_shuffle(1), channel_shuffle(2)};
  const int64_t room = width + kPixels;  // a step may read beyond the last pixel, where weights are zero
  std::vector<uint8_t> row(static_cast<size_t>(3 * room));
  const Planes planes = {row.data(), row.data() + room, row.data() + 2 * room};
  const auto count = static_cast<int64_t>(axis.begin.size());
  std::vector<uint8_t> out(static_cast<size_t>(rows * count * 3));
  uint8_t* write = out.data();
  for (int64_t y = 0; y < rows; ++y) {
    split_channels(source + y * stride, width, shuffles, planes);
    for (int64_t x = 0; x < count; ++x, write += 3) {
      sum_pixels(planes, axis.begin[static_cast<size_t>(x)], axis.number[static_cast<size_t>(x)],
                 weights.high.data() + x * weights.room, weights.low.data() + x * weights.room, write);
    }
  }
  return out;
}

#else

bool has_avx2() { return false; }

std::vector<uint8_t> resize_rgb_rows_avx2(const uint8_t*, int64_t, int64_t, int64_t, const AxisWeights&) {
  throw std::logic_error("resize_rgb_rows_avx2: not an x86 processor");
}

#endif

}  // namespace multipole

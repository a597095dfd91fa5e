// The two matrix products of attention on tensor cores, for a tile of 16 rows and 16 columns spread over a warp.
//
// Quad g owns rows g and g + 8; inside it lane j owns columns 2 j and 2 j + 1 of both halves of 8 columns, so a lane
// holds the products entry[half][0..3] = (g, 2j), (g, 2j+1), (g+8, 2j), (g+8, 2j+1). That is the accumulator layout of
// the instruction mma.sync (PTX ISA, "Matrix Fragments for mma.m16n8k16" and ".m16n8k8"). The contracted index may be
// numbered freely as long as both operands agree; it is numbered so that every load is of neighbouring elements:
//   dot    lane j contracts the elements 8 j .. 8 j + 7 of each chunk of 32
//   weigh  quad g gets the elements 4 g .. 4 g + 3 of each chunk of 32, one in each of four accumulators
// float goes through TF32 three times (high x high + high x low + low x high), which keeps float's accuracy.
#pragma once

#include <cstdint>

#include "backbone/multipole/cuda/warp/element.h"
#include "backbone/multipole/cuda/warp/warp.h"

namespace multipole::cuda {

// Elements of head_dim that one step of dot or weigh covers.
constexpr int kChunk = 32;

#ifdef __CUDACC__

// c (16 x 8) += a (16 x 16) b (16 x 8), 16-bit elements.
template <class T>
MULTIPOLE_DEVICE void multiply_pairs(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
template <>
MULTIPOLE_DEVICE void multiply_pairs<BFloat16>(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
template <>
MULTIPOLE_DEVICE void multiply_pairs<Float16>(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

MULTIPOLE_DEVICE float round_to_tf32(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return __uint_as_float(bits);
}
// c (16 x 8) += a (16 x 8) b (8 x 8), TF32 elements.
MULTIPOLE_DEVICE void multiply_tf32(float (&c)[4], const float (&a)[4], const float (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])), "r"(__float_as_uint(a[3])),
        "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
}

#else

template <class T>
MULTIPOLE_DEVICE float half_word(uint32_t word, int half);
template <>
MULTIPOLE_DEVICE float half_word<BFloat16>(uint32_t word, int half) {
  const uint32_t bits = half == 0 ? word << 16 : word & 0xffff0000u;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
template <>
MULTIPOLE_DEVICE float half_word<Float16>(uint32_t word, int half) {
  const auto bits = static_cast<uint16_t>(half == 0 ? word : word >> 16);
  _Float16 value;
  std::memcpy(&value, &bits, sizeof(value));
  return static_cast<float>(value);
}

// The operands as the lanes hold them; the layouts are those of the PTX manual.
template <class Word>
struct Operands {
  Word a[4], b[2];
};

template <class T>
MULTIPOLE_DEVICE void multiply_pairs(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  const Operands<uint32_t> mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const auto* all = reinterpret_cast<const Operands<uint32_t>*>(host_warp::exchange(&mine, sizeof(mine)));
  for (int entry = 0; entry < 4; ++entry) {
    const int row = quad_index() + 8 * (entry / 2), column = 2 * index_in_quad() + entry % 2;
    for (int k = 0; k < 16; ++k) {
      const int owner = (k % 8) / 2;
      c[entry] += half_word<T>(all[row % 8 * 4 + owner].a[row / 8 + 2 * (k / 8)], k % 2) *
                  half_word<T>(all[column * 4 + owner].b[k / 8], k % 2);
    }
  }
}

MULTIPOLE_DEVICE float round_to_tf32(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bits = (bits + 0x1000u) & 0xffffe000u;
  std::memcpy(&value, &bits, sizeof(bits));
  return value;
}
MULTIPOLE_DEVICE void multiply_tf32(float (&c)[4], const float (&a)[4], const float (&b)[2]) {
  const Operands<float> mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  const auto* all = reinterpret_cast<const Operands<float>*>(host_warp::exchange(&mine, sizeof(mine)));
  for (int entry = 0; entry < 4; ++entry) {
    const int row = quad_index() + 8 * (entry / 2), column = 2 * index_in_quad() + entry % 2;
    for (int k = 0; k < 8; ++k) {
      c[entry] += all[row % 8 * 4 + k % 4].a[row / 8 + 2 * (k / 4)] * all[column * 4 + k % 4].b[k / 4];
    }
  }
}

#endif

MULTIPOLE_DEVICE void multiply_floats(float (&c)[4], const float (&a)[4], const float (&b)[2]) {
  float a_high[4], a_low[4], b_high[2], b_low[2];
  MULTIPOLE_UNROLL
  for (int i = 0; i < 4; ++i) {
    a_high[i] = round_to_tf32(a[i]);
    a_low[i] = round_to_tf32(a[i] - a_high[i]);
  }
  MULTIPOLE_UNROLL
  for (int i = 0; i < 2; ++i) {
    b_high[i] = round_to_tf32(b[i]);
    b_low[i] = round_to_tf32(b[i] - b_high[i]);
  }
  multiply_tf32(c, a_low, b_high);
  multiply_tf32(c, a_high, b_low);
  multiply_tf32(c, a_high, b_high);
}

// c += products of 16 rows with 8 columns over one chunk. A lane brings its elements of row g (`low`), of row g + 8
// (`high`) and of column g.
template <class T>
MULTIPOLE_DEVICE void dot(float (&c)[4], const Eight<T>& low, const Eight<T>& high, const Eight<T>& column) {
  MULTIPOLE_UNROLL
  for (int step = 0; step < 2; ++step) {
    multiply_pairs<T>(c, {low.words[2 * step], high.words[2 * step], low.words[2 * step + 1], high.words[2 * step + 1]},
                      {column.words[2 * step], column.words[2 * step + 1]});
  }
}
template <>
MULTIPOLE_DEVICE void dot<float>(float (&c)[4], const Eight<float>& low, const Eight<float>& high,
                                 const Eight<float>& column) {
  MULTIPOLE_UNROLL
  for (int step = 0; step < 4; ++step) {
    multiply_floats(c, {low.words[2 * step], high.words[2 * step], low.words[2 * step + 1], high.words[2 * step + 1]},
                    {column.words[2 * step], column.words[2 * step + 1]});
  }
}

// sum += weights (16 rows x 16 columns) times the columns' elements, over one chunk. A lane brings its entries of the
// weights, and the elements 4 g .. 4 g + 3 of the columns 2 j, 2 j + 1 (first half) and 2 j, 2 j + 1 (second half).
// sum[t] holds, in the accumulator layout, row by "column" m the element 4 m + t.
template <class T>
MULTIPOLE_DEVICE void weigh(float (&sum)[4][4], const float (&weights)[2][4], const Four<T> (&columns)[4]) {
  const uint32_t a[4] = {pack_pair<T>(weights[0][0], weights[0][1]), pack_pair<T>(weights[0][2], weights[0][3]),
                         pack_pair<T>(weights[1][0], weights[1][1]), pack_pair<T>(weights[1][2], weights[1][3])};
  MULTIPOLE_UNROLL
  for (int word = 0; word < 2; ++word) {
    const uint32_t w[4] = {columns[0].words[word], columns[1].words[word], columns[2].words[word],
                           columns[3].words[word]};
    multiply_pairs<T>(sum[2 * word], a, {low_halves(w[0], w[1]), low_halves(w[2], w[3])});
    multiply_pairs<T>(sum[2 * word + 1], a, {high_halves(w[0], w[1]), high_halves(w[2], w[3])});
  }
}
template <>
MULTIPOLE_DEVICE void weigh<float>(float (&sum)[4][4], const float (&weights)[2][4], const Four<float> (&columns)[4]) {
  MULTIPOLE_UNROLL
  for (int half = 0; half < 2; ++half) {
    const float a[4] = {weights[half][0], weights[half][2], weights[half][1], weights[half][3]};
    MULTIPOLE_UNROLL
    for (int t = 0; t < 4; ++t) {
      multiply_floats(sum[t], a, {columns[2 * half].words[t], columns[2 * half + 1].words[t]});
    }
  }
}

// The eight elements 8 j .. 8 j + 7 that a lane holds of row g (half 0) or g + 8 (half 1) after weigh.
MULTIPOLE_DEVICE void gather_row(float (&elements)[8], const float (&sum)[4][4], int half) {
  MULTIPOLE_UNROLL
  for (int t = 0; t < 4; ++t) {
    elements[t] = sum[t][2 * half];
    elements[4 + t] = sum[t][2 * half + 1];
  }
}

}  // namespace multipole::cuda

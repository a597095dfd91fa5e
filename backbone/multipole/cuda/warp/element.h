// Element types as the kernels store them, and the groups of elements that a lane loads at once.
#pragma once

#include <cstdint>
#include <cstring>

#include "backbone/multipole/cuda/warp/warp.h"

namespace multipole::cuda {

struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};

// Two 16-bit elements in a register, the first in the low half, rounded to nearest even.
template <class T>
MULTIPOLE_DEVICE uint32_t pack_pair(float low, float high);

#ifdef __CUDACC__
template <>
MULTIPOLE_DEVICE uint32_t pack_pair<BFloat16>(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
template <>
MULTIPOLE_DEVICE uint32_t pack_pair<Float16>(float low, float high) {
  uint32_t packed;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
// The low halves of two registers, or their high halves, as one register.
MULTIPOLE_DEVICE uint32_t low_halves(uint32_t first, uint32_t second) { return __byte_perm(first, second, 0x5410); }
MULTIPOLE_DEVICE uint32_t high_halves(uint32_t first, uint32_t second) { return __byte_perm(first, second, 0x7632); }
#else
template <>
MULTIPOLE_DEVICE uint32_t pack_pair<BFloat16>(float low, float high) {
  const auto round = [](float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  };
  return round(low) | (round(high) << 16);
}
template <>
MULTIPOLE_DEVICE uint32_t pack_pair<Float16>(float low, float high) {
  const auto round = [](float value) {
    const auto half = static_cast<_Float16>(value);
    uint16_t bits;
    std::memcpy(&bits, &half, sizeof(bits));
    return static_cast<uint32_t>(bits);
  };
  return round(low) | (round(high) << 16);
}
MULTIPOLE_DEVICE uint32_t low_halves(uint32_t first, uint32_t second) { return (first & 0xffffu) | (second << 16); }
MULTIPOLE_DEVICE uint32_t high_halves(uint32_t first, uint32_t second) {
  return (first >> 16) | (second & 0xffff0000u);
}
#endif

// Single elements.
MULTIPOLE_DEVICE float to_float(float value) { return value; }
MULTIPOLE_DEVICE float to_float(BFloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}
MULTIPOLE_DEVICE float to_float(Float16 value) {
#ifdef __CUDACC__
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
#else
  _Float16 half;
  std::memcpy(&half, &value.bits, sizeof(half));
  return static_cast<float>(half);
#endif
}
MULTIPOLE_DEVICE void store_one(float* to, float value) { *to = value; }
template <class T>
MULTIPOLE_DEVICE void store_one(T* to, float value) {
  to->bits = static_cast<uint16_t>(pack_pair<T>(value, 0));
}

// Eight or four neighbouring elements of a row, in 4-byte words; loads need rows that begin on 16 bytes.
template <class T>
struct Packed {
  struct alignas(16) Eight {
    uint32_t words[4];
  };
  struct alignas(8) Four {
    uint32_t words[2];
  };
  static MULTIPOLE_DEVICE Eight pack(const float (&values)[8]) {
    Eight packed;
    for (int i = 0; i < 4; ++i) packed.words[i] = pack_pair<T>(values[2 * i], values[2 * i + 1]);
    return packed;
  }
};

template <>
struct Packed<float> {
  struct alignas(16) Eight {
    float words[8];
  };
  struct alignas(16) Four {
    float words[4];
  };
  static MULTIPOLE_DEVICE Eight pack(const float (&values)[8]) {
    Eight packed;
    for (int i = 0; i < 8; ++i) packed.words[i] = values[i];
    return packed;
  }
};

template <class T>
using Eight = typename Packed<T>::Eight;
template <class T>
using Four = typename Packed<T>::Four;

template <class T>
MULTIPOLE_DEVICE Eight<T> load_eight(const T* from, bool wanted) {
  return wanted ? *reinterpret_cast<const Eight<T>*>(from) : Eight<T>{};
}
template <class T>
MULTIPOLE_DEVICE Four<T> load_four(const T* from, bool wanted) {
  return wanted ? *reinterpret_cast<const Four<T>*>(from) : Four<T>{};
}
template <class T>
MULTIPOLE_DEVICE void store_eight(T* to, const float (&values)[8]) {
  *reinterpret_cast<Eight<T>*>(to) = Packed<T>::pack(values);
}

}  // namespace multipole::cuda

// The arithmetic of an antialiased resize along one axis (resize.h): which inputs an output is made of, and how much
// each of them weighs.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/pictures/resize.h"

namespace multipole {

inline constexpr int kWeightBits = 22;  // 8 bits of value and 2 of bicubic overshoot leave this many of 32

// For outputs first .. first + count - 1 of an axis resized from `in` to `out`: which inputs with which weights.
struct AxisWeights {
  int64_t taps = 0;             // room for weights of an output
  std::vector<int64_t> begin;   // (count) first input
  std::vector<int64_t> number;  // (count) inputs that weigh
  std::vector<int32_t> weight;  // (count, taps) fixed point of kWeightBits
};

AxisWeights axis_weights(int64_t in, int64_t out, int64_t first, int64_t count, Interpolation interpolation);

}  // namespace multipole

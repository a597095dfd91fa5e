// resize_rows() of three channels by AVX2: 16 pixels of a channel at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/pictures/axis_weights.h"

namespace multipole {

// Whether this processor has the instructions.
bool has_avx2();

// As resize_rows() in resize_passes.h, for three channels. To be called where has_avx2().
std::vector<uint8_t> resize_rgb_rows_avx2(const uint8_t* source, int64_t stride, int64_t rows, int64_t width,
                                          const AxisWeights& axis);

}  // namespace multipole

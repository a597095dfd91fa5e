// The two passes of a resize (resize.h), each rounded to bytes. The same bytes with and without the processor's vector
// instructions: sums of integers.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/pictures/axis_weights.h"

namespace multipole {

// Rows of `width` pixels that begin `stride` bytes apart, resized along x: (rows, outputs of the axis, channels).
std::vector<uint8_t> resize_rows(const uint8_t* source, int64_t stride, int64_t rows, int64_t width, int64_t channels,
                                 const AxisWeights& axis);

// Resizes along y rows of which the first is row `first_row` of the axis and which begin `stride` bytes apart. out:
// (outputs of the axis, row_bytes).
void resize_columns(const uint8_t* rows, int64_t stride, int64_t first_row, int64_t row_bytes, const AxisWeights& axis,
                    uint8_t* out);

}  // namespace multipole

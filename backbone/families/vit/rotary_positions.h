// Where the tokens of a grid stand, as angles (DINOv3, arXiv 2508.10104).
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

// (2, height * width, head_dim) float32: cosines and sines for apply_rotary(). Centres of patches have coordinates from
// -1 to 1 along each side, whatever the grid. The first quarter of the channels turns by the row, the second by the
// column, at periods from 1 to `period`; the second half repeats the first.
torch::Tensor rotary_table(int64_t height, int64_t width, int64_t head_dim, double period);

}  // namespace multipole

// Learned bias of a score by the offset between key and query, as tables indexed by both axes' offsets.
#pragma once

#include <torch/types.h>

namespace multipole {

// table (heads, 2 size - 1, 2 size - 1), indexed [key_y - query_y + size - 1, key_x - query_x + size - 1]
// -> (heads, size * size, size * size): every pair of tokens of one window, row by row.
torch::Tensor window_bias(const torch::Tensor& table, int64_t size);

}  // namespace multipole

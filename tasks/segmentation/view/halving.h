// Rows of bytes at half the size: two pixels by two become one, and a last odd row or column stands for two.
#pragma once

#include <torch/types.h>

namespace multipole {

// Uint8 (H, W) or (H, W, C) -> ((H + 1) / 2, (W + 1) / 2 ...): the mean, rounded.
torch::Tensor halve_by_mean(const torch::Tensor& pixels);

// Uint8 (H, W) -> ((H + 1) / 2, (W + 1) / 2): the value that most of the four have; of several the first, row by row.
// Ties are broken by place, so that they favour no class.
torch::Tensor halve_by_majority(const torch::Tensor& ids);

}  // namespace multipole

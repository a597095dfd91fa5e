// The basis that modules start from: a summary is the mean of the tokens that it stands for.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>
#include <vector>

namespace multipole {

// Weights of the upward pass, as summarize2d takes them (r = cell side, p = rank, L = number of far levels).
struct Basis2d {
  at::Tensor token_basis;               // (p, r, r, C)
  std::vector<at::Tensor> merge_basis;  // L - 1 times (p, 2, 2, p, C), none where L is 0 or 1
};

// Summary j of a cell is the mean over its j-th sub-cell, at every level and for each of `channels` channels.
// `rank` must be a perfect square with sqrt(rank) <= cell.
Basis2d averaging_basis2d(int64_t cell, int64_t rank, int64_t levels, int64_t channels,
                          const c10::TensorOptions& options = {});

}  // namespace multipole

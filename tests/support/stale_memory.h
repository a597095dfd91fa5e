// Memory as a long-running program leaves it: what reads beyond what it was given finds NaN.
#pragma once

#include <torch/types.h>
#include <torch/utils.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace multipole::test {

// Takes blocks of many sizes, fills them with NaN and lets them go, for the next tensors to lie in.
inline void leave_nan_in_free_memory() {
  std::vector<torch::Tensor> blocks;
  for (int64_t numbers = 8; numbers < 6000; numbers += 61) {
    blocks.push_back(torch::full({numbers}, std::numeric_limits<float>::quiet_NaN(), torch::kBFloat16));
  }
}

}  // namespace multipole::test

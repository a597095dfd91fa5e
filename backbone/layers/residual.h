// The sums of a residual stream, without the memory that only training needs.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

namespace multipole {

// x + branch; where no graph is recorded, in the memory of `branch` if its type can hold the sum.
torch::Tensor add_branch(const torch::Tensor& x, torch::Tensor branch);

// x + branch(x) for a branch that treats every token (all axes but the last) by itself. Where no graph is recorded, on
// the CPU, it goes through the tokens in slices whose activations stay in the caches, and writes the sum into `x` if
// its type can hold it. features_per_token: how many numbers a token has in the branch at most.
torch::Tensor add_token_branch(torch::Tensor x, int64_t features_per_token,
                               const std::function<torch::Tensor(const torch::Tensor&)>& branch);

}  // namespace multipole

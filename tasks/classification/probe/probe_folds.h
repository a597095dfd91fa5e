// The folds of a cross-validation over pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "tasks/probe/strength_choice.h"

namespace multipole {

// The fold, from 0, of each sample: (N) int64. Folds are alike in size to one sample; where classes exclude each other
// each class is spread over them as evenly as it goes.
torch::Tensor deal_folds(const LogisticProblem& problem, int64_t folds, uint64_t seed);

// A split a fold: at most as many as the smallest class has samples, and at least 2. `problem` has at least two
// samples.
std::vector<HeldOutSplit> cross_validation(const LogisticProblem& problem, int64_t folds, uint64_t seed);

}  // namespace multipole

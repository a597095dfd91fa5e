// Chooses how strongly a logistic regression is regularised, by cross-validation over a path of strengths.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "tasks/classification/probe/logistic_regression.h"
#include "tasks/classification/probe/probe_config.h"

namespace multipole {

struct StrengthScore {
  double strength = 0;
  double loss = 0;      // mean over the samples, each by the fit that did not see it
  double accuracy = 0;  // share of them whose class was named; of single answers where classes are independent
};

struct StrengthChoice {
  double strength = 0;
  int64_t folds = 0;  // at most as many as the smallest class has samples, and at least 2
  std::vector<StrengthScore> scores;
  bool complete = true;  // false where `stop` cut it short
};

// The fold, from 0, of each sample: (N) int64. Folds are alike in size to one sample; where classes exclude each other
// each class is spread over them as evenly as it goes.
torch::Tensor deal_folds(const LogisticProblem& problem, int64_t folds, uint64_t seed);

// The strength of the lowest held-out loss, the stronger one of equals. `problem` has at least two samples.
StrengthChoice choose_strength(const LogisticProblem& problem, const ProbeConfig& config, uint64_t seed,
                               const std::atomic<bool>* stop = nullptr);

}  // namespace multipole

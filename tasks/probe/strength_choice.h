// Chooses how strongly a logistic regression is regularised, by samples that fits do not see, over a path of strengths.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "tasks/probe/logistic_regression.h"
#include "tasks/probe/probe_fit_config.h"

namespace multipole {

// Places of samples, int64: those that a fit sees and those that it is measured on.
struct HeldOutSplit {
  torch::Tensor seen, held_out;
};

struct StrengthScore {
  double strength = 0;
  double loss = 0;  // mean over the samples held out, each by the fit that did not see it
  double accuracy =
      0;  // share of them whose (largest) class was named; of single answers where classes are independent
};

struct StrengthChoice {
  double strength = 0;
  std::vector<StrengthScore> scores;
  bool complete = true;  // false where `stop` cut it short
};

// The strength of the lowest held-out loss, the stronger one of equals. Splits are fitted side by side, a lone one by
// all threads; no part of one is empty.
StrengthChoice choose_strength(const LogisticProblem& problem, const std::vector<HeldOutSplit>& splits,
                               const ProbeFitConfig& config, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole

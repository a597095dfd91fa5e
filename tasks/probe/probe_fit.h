// The whole of a probe's fit on features: the strength by samples held out, then all samples at that strength.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/probe/strength_choice.h"

namespace multipole {

struct FittedProbe {
  LogisticFit fit;
  Json summary;                        // "strength", "path", "iterations", "largest_gradient", "loss", "seconds"
  std::vector<std::string> sentences;  // for the user
};

// `problem` has standardised features; `choice_words` say in the user's sentence what `splits` are: "5-fold
// cross-validation". The last fit ends at `tolerance` (fit_logistic). Nothing where `stop` came first.
std::optional<FittedProbe> fit_probe(const LogisticProblem& problem, const std::vector<HeldOutSplit>& splits,
                                     const std::string& choice_words, const ProbeFitConfig& config,
                                     const std::atomic<bool>* stop = nullptr, double tolerance = 1e-8);

}  // namespace multipole

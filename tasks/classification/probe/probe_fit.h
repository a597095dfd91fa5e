// The whole of a probe's fit on features: the strength by cross-validation, then all samples at that strength.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/classification/probe/logistic_regression.h"
#include "tasks/classification/probe/probe_config.h"

namespace multipole {

struct FittedProbe {
  LogisticFit fit;
  Json summary;  // "strength", "folds", "path", "iterations", "largest_gradient", "loss", "seconds"
  std::vector<std::string> sentences;  // for the user
};

// `problem` has standardised features. Nothing where `stop` came first. Throws InputError for fewer than two samples.
std::optional<FittedProbe> fit_probe(const LogisticProblem& problem, const ProbeConfig& config, uint64_t seed,
                                     const std::atomic<bool>* stop = nullptr);

}  // namespace multipole

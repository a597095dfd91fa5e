// k-fold cross-validation: one training a fold, and what they say together.
#pragma once

#include <cstdint>
#include <string>

#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "engine/observers/train_observer.h"
#include "tasks/interface/task.h"

namespace multipole {

struct FoldChoice {
  int64_t fold = 1, folds = 0;
};

// "2/5": the second of five. Throws ConfigError for anything else.
FoldChoice parse_fold(const std::string& text);

// Trains OUT/fold_1 to OUT/fold_K, each of which is resumed like any run, writes OUT/folds.json and prints mean and
// deviation of every score. data.folds of the settings is K. Returns the exit code.
int train_folds(const Task& task, const Json& settings, const RunSettings& run, TrainObserver& observer,
                const SignalStop& stop);

}  // namespace multipole

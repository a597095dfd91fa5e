// What `train --lr-range-test` does in place of a training.
#pragma once

#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "engine/observers/train_observer.h"
#include "tasks/interface/task.h"

namespace multipole {

// Writes OUT/lr_range_test.json and OUT/lr_range_test.html and prints the rate that they suggest. OUT holds no run.
// Returns the exit code.
int find_learning_rate(const Task& task, const Json& settings, const RunSettings& run, TrainObserver& observer,
                       const SignalStop& stop);

}  // namespace multipole

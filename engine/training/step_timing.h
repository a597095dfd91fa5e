// How fast a training runs here: a few steps of it, timed and thrown away.
#pragma once

#include <cstdint>
#include <string>

#include "engine/training/training_run.h"

namespace multipole {

struct StepTimingOptions {
  double seconds = 3;      // to spend on it, beyond the first step
  int64_t most_steps = 8;  // after the first, which prepares kernels and is not counted unless it took far more
};

struct StepTiming {
  double seconds_per_step = 0;
  double images_per_second = 0;
  int64_t steps = 0;  // that were timed
  std::string where;  // "2 CPU threads" or the device
};

// Steps with the run's model, optimiser, batches, loader and threads, from random weights. Throws InputError where
// no picture could be read, and what run_training throws.
StepTiming time_training_steps(const TrainingRun& run, const StepTimingOptions& options);

}  // namespace multipole

// Learning-rate range test (Smith, arXiv 1506.01186, section 3.3): the rate grows from step to step, and the loss tells
// where training starts to learn and where it breaks.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/json.h"
#include "engine/observers/train_observer.h"
#include "engine/training/resume.h"
#include "engine/training/training_run.h"

namespace multipole {

struct LrRangeOptions {
  double lowest = 1e-6, highest = 1.0;  // of the learning rate, in between evenly in the logarithm
  int64_t steps = 100;                  // optimiser steps, at least 10
};

struct LrRangePoint {
  double learning_rate = 0;
  double loss = 0;
  double smoothed = 0;  // moving average of the losses so far
};

struct LrRange {
  std::vector<LrRangePoint> points;
  // Where the smoothed loss falls fastest over log(learning rate), before its minimum; NaN where it never falls.
  double suggested = std::numeric_limits<double>::quiet_NaN();
  double at_minimum = std::numeric_limits<double>::quiet_NaN();  // where the smoothed loss is lowest
  bool diverged = false;                                         // it ended early for that
};

// Smooths the losses and reads the rates off: points need learning_rate and loss only.
LrRange judge_lr_range(std::vector<LrRangePoint> points);

// {"suggested", "at_minimum", "diverged", "points": [{"lr", "loss", "smoothed"}]}; null for NaN.
Json lr_range_json(const LrRange& range);

// Trains a model of the run's from its start (with `start`'s initial weights) and throws it away; the run's own
// learning rate and schedule do not matter. Ends at the highest rate, or where the loss is no number or four times the
// lowest. No run folder is touched. Throws what run_training throws.
LrRange run_lr_range_test(const TrainingRun& run, const ResumeOptions& start, const LrRangeOptions& options,
                          TrainObserver& observer, const std::atomic<bool>* stop);

}  // namespace multipole

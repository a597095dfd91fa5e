// Trains a classifier from a config and a data folder to a run folder: all that `multipole classify train` does.
#pragma once

#include <atomic>
#include <filesystem>

#include "engine/observers/train_observer.h"
#include "engine/training/lr_range_test.h"
#include "engine/training/resume.h"
#include "engine/training/step_timing.h"
#include "engine/training/train_result.h"
#include "tasks/classification/classify_config.h"

namespace multipole {

// Set `stop` (from a signal handler, say) to end after the step in progress, with everything saved.
// Throws ConfigError (config or data layout), InputError (too many unreadable images), ModelFileError (state that
// cannot be resumed), ResourceError (disk, device), TrainingError (the loss is not finite ten steps in a row).
TrainResult train_classifier(const ClassifyConfig& config, const std::filesystem::path& data,
                             const std::filesystem::path& out, TrainObserver& observer,
                             const ResumeOptions& resume = {}, const std::atomic<bool>* stop = nullptr);

// A learning-rate range test (lr_range_test.h) of that training.
LrRange test_classifier_learning_rates(const ClassifyConfig& config, const std::filesystem::path& data,
                                       const LrRangeOptions& options, TrainObserver& observer,
                                       const ResumeOptions& start = {}, const std::atomic<bool>* stop = nullptr);

// How fast that training goes here (step_timing.h).
StepTiming time_classifier_steps(const ClassifyConfig& config, const std::filesystem::path& data,
                                 const StepTimingOptions& options);

}  // namespace multipole

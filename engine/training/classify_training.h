// Trains a classifier from a config and a data folder to a run folder: all that `multipole classify train` does.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/training/classify_config.h"
#include "engine/training/train_observer.h"

namespace multipole {

enum class ResumeMode {
  kAuto,   // continue the run in `out` where it holds one, else start
  kNever,  // start; refuses an `out` that already holds a run
  kPath,   // continue from the state in another run folder
};

struct ResumeOptions {
  ResumeMode mode = ResumeMode::kAuto;
  std::filesystem::path path;  // run folder, for kPath
  bool force = false;          // go on although config or data changed
  std::optional<std::filesystem::path>
      init_weights;  // model file to start a new run from; a head that does not fit is new
};

enum class StopReason { kFinished, kEarlyStop, kStopToken };

struct TrainResult {
  StopReason stop_reason = StopReason::kFinished;
  int64_t num_epochs = 0;  // finished
  int64_t num_steps = 0;
  double best_top1 = 0;  // share in [0, 1] of the validation split, NaN where nothing was evaluated
  int64_t best_epoch = -1;
  int64_t bad_samples = 0;
  int64_t skipped_steps = 0;
  std::filesystem::path best_model;  // RUN/best.safetensors
};

// Sets `stop` (from a signal handler, say) to end after the step in progress, with everything saved.
// Throws ConfigError (config or data layout), InputError (too many unreadable images), ModelFileError (state that
// cannot be resumed), ResourceError (disk, device), TrainingError (the loss is not finite ten steps in a row).
TrainResult train_classifier(const ClassifyConfig& config, const std::filesystem::path& data,
                             const std::filesystem::path& out, TrainObserver& observer,
                             const ResumeOptions& resume = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole

#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace multipole {

enum class StopReason { kFinished, kEarlyStop, kStopToken };

struct TrainResult {
  StopReason stop_reason = StopReason::kFinished;
  int64_t num_epochs = 0;  // finished
  int64_t num_steps = 0;
  bool has_trained = false;  // this call made steps: false for a run that was finished before
  // By what score_name says, more is better: in [0, 1], or minus the bits a byte; NaN where nothing was evaluated.
  double best_score = std::numeric_limits<double>::quiet_NaN();
  std::string score_name;   // top1, say; bits_per_byte
  int64_t best_epoch = -1;  // from 0
  int64_t bad_samples = 0;
  int64_t skipped_steps = 0;
  std::filesystem::path best_model;  // RUN/best.safetensors; empty where nothing was evaluated
};

}  // namespace multipole

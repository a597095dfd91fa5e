// What a study trains. A new task is one file and one line in study_tasks.cpp.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/observers/train_observer.h"
#include "engine/training/train_result.h"
#include "heads/model/model_config.h"
#include "tasks/study/study_config.h"

namespace multipole {

class StudyTask {
 public:
  virtual ~StudyTask() = default;

  // What TrainResult::best_score is, "Top-1".
  virtual std::string score_name() const = 0;

  // A variant's model with every default written out. Throws ConfigError that names the variant.
  virtual ModelConfig model(const StudyConfig& study, const StudyVariant& variant) const = 0;

  // Trains a variant in the folder `run`, or goes on there. Throws what the task's training throws.
  virtual TrainResult train(const StudyConfig& study, const StudyVariant& variant, int64_t seed,
                            const std::filesystem::path& data, const std::filesystem::path& run,
                            TrainObserver& observer, const std::atomic<bool>* stop) const = 0;

  // Pictures of the validation split as the variant sees them, (B, 3, H, W); undefined where there are none.
  virtual torch::Tensor pictures(const StudyConfig& study, const StudyVariant& variant,
                                 const std::filesystem::path& data) const = 0;
};

// Throws ConfigError where `name` is no task.
const StudyTask& study_task(const std::string& name);

std::vector<std::string> study_task_names();

// The tasks.
const StudyTask& classify_study_task();
const StudyTask& segment_study_task();

}  // namespace multipole

// A training on pictures without labels in which a swapped attention learns to give full attention's outputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/files/model_file.h"
#include "engine/training/opened_training.h"
#include "tasks/adaptation/adaptation_config.h"

namespace multipole {

// The model with its attention swapped as the resolved config says; only what that adds to the projections takes
// gradients. Throws ConfigError where it adds nothing.
LoadedModel adaptable_model(const AdaptationConfig& config);

// Throws ConfigError for a config that cannot be, ModelFileError for a model that cannot be read, and what opening the
// pictures throws.
std::unique_ptr<OpenedTraining> open_adaptation(const AdaptationConfig& config, const std::filesystem::path& data);

// How many steps fill so many minutes on this machine, evaluations included, by a few that are timed and thrown away;
// at least 1.
struct AdaptationPlan {
  int64_t steps = 1;
  std::string reason;  // one line for people
};
AdaptationPlan plan_adaptation(const AdaptationConfig& config, const std::filesystem::path& data, double minutes);

}  // namespace multipole

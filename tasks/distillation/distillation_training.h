// A training on pictures without labels that learns another model's features.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/training/opened_training.h"
#include "tasks/distillation/distillation_config.h"

namespace multipole {

// Throws ConfigError for a config that cannot be, ModelFileError for a teacher that cannot be read, and what opening
// the pictures throws.
std::unique_ptr<OpenedTraining> open_distillation_training(const DistillationConfig& config,
                                                           const std::filesystem::path& data);

}  // namespace multipole

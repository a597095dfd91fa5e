// A classifier's training on a data folder.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/training/opened_training.h"
#include "tasks/classification/classify_config.h"

namespace multipole {

// Throws ConfigError for a config or a data layout that cannot be, and what opening the data throws.
std::unique_ptr<OpenedTraining> open_classifier_training(const ClassifyConfig& config,
                                                         const std::filesystem::path& data);

}  // namespace multipole

// A segmentation model's training on a data folder.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/training/opened_training.h"
#include "tasks/segmentation/segment_config.h"

namespace multipole {

// Throws ConfigError for a config or a data layout that cannot be, and what opening the data throws.
std::unique_ptr<OpenedTraining> open_segmenter_training(const SegmentConfig& config, const std::filesystem::path& data);

}  // namespace multipole

// What the runs of all tasks on pictures share: a VisionModel, where its weights start, and what its file says of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "engine/files/model_file.h"
#include "engine/training/training_run.h"
#include "heads/model/model_config.h"

namespace multipole {

struct VisionTraining {
  ModelConfig model;       // resolved, num_classes set
  ModelMetadata metadata;  // task, classes, palette, preprocessing, and of `training` what only the task knows
  // The task; it saves its best model to the path, with the metadata.
  std::function<std::unique_ptr<TrainTask>(const Execution&, const std::filesystem::path&, const ModelMetadata&)>
      make_task;
};

// `run` with all that makes, starts and describes the model.
TrainingRun vision_run(const VisionTraining& training, TrainingRun run);

// Sets model.num_classes where it is 0. Throws ConfigError where it is another number than `found`, the data's.
void take_num_classes(ModelConfig& model, size_t found, const std::filesystem::path& data_root);

}  // namespace multipole

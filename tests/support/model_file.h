// Writes a model file with random weights: enough to drive commands that need a model.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "heads/model/model_config.h"
#include "tests/support/small_model.h"

namespace multipole::test {

inline ModelMetadata random_model_metadata(const std::vector<std::string>& classes) {
  ModelMetadata metadata;
  metadata.architecture = resolve_model_config(small_model_config("multipole2d", static_cast<int64_t>(classes.size())));
  metadata.classes = classes;
  Preprocessing preprocessing;
  preprocessing.image_size = 32;
  metadata.preprocessing = to_json_config(preprocessing);
  metadata.training = {{"epochs", 0}};
  return metadata;
}

inline void write_random_model(const std::filesystem::path& path, const std::vector<std::string>& classes) {
  const ModelMetadata metadata = random_model_metadata(classes);
  save_model(path, *VisionModel(metadata.architecture), metadata);
}

}  // namespace multipole::test

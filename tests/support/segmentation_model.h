// Writes a segmentation model with random weights.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/model_file.h"

namespace multipole::test {

// A four-stage backbone with a SegFormer head, small enough for a test. Class i has the colour (10 i, 0, 255).
inline void write_random_segmenter(const std::filesystem::path& path, const std::vector<std::string>& classes) {
  ModelMetadata metadata = random_model_metadata(classes);
  ModelConfig config = small_model_config("multipole2d", static_cast<int64_t>(classes.size()));
  config.head = {{"type", "segformer"}};
  metadata.task = "segmentation";
  metadata.architecture = resolve_model_config(config);
  for (size_t i = 0; i < classes.size(); ++i) metadata.palette.push_back({static_cast<int64_t>(10 * i), 0, 255});
  save_model(path, *VisionModel(metadata.architecture), metadata);
}

}  // namespace multipole::test

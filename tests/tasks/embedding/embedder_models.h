// Model files with random weights of the kinds that an embedder takes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/model_file.h"
#include "tests/support/segmentation_model.h"

namespace multipole::test {

// A vision transformer without classes, as published feature extractors are.
inline void write_random_vit(const std::filesystem::path& path) {
  ModelMetadata metadata = random_model_metadata({});
  ModelConfig config;
  config.preset = "";
  config.backbone = {{"family", "vit"}, {"image_size", 32}, {"patch_size", 8},
                     {"embed_dim", 48}, {"num_heads", 2},   {"depth", 2}};
  config.head = {{"type", "embedding"}};
  metadata.task = "embedding";
  metadata.architecture = resolve_model_config(config);
  save_model(path, *VisionModel(metadata.architecture), metadata);
}

}  // namespace multipole::test

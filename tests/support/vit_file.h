// Writes model files with a small vision transformer of random weights.
#pragma once

#include <torch/utils.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/model_file.h"

namespace multipole::test {

// Patches of 4 pixels: pictures of up to 64 pixels have no far level with cells of 8 tokens.
inline Json small_vit_config() {
  return {{"family", "vit"},
          {"image_size", 48},
          {"patch_size", 4},
          {"embed_dim", 32},
          {"depth", 2},
          {"num_heads", 2},
          {"pooling", "class_token_and_mean"},
          {"register_tokens", 1},
          {"attention", {{"type", "full"}}}};
}

// The weights are wide, so that tokens differ in how they attend.
inline void write_random_vit(const std::filesystem::path& path, const std::vector<std::string>& classes,
                             const std::string& task = "classification", const Json& changes = Json::object(),
                             int64_t image_size = 48) {
  ModelMetadata metadata;
  metadata.task = task;
  metadata.architecture.preset = "";
  metadata.architecture.backbone = small_vit_config();
  metadata.architecture.backbone.update(changes);
  metadata.architecture.num_classes = static_cast<int64_t>(classes.size());
  if (task == "segmentation") {
    metadata.architecture.head = {{"type", "segformer"}, {"channels", 8}};
    metadata.architecture.backbone["pyramid"] = true;
    for (size_t i = 0; i < classes.size(); ++i) metadata.palette.push_back({static_cast<int64_t>(10 * i), 0, 255});
  }
  metadata.architecture = resolve_model_config(metadata.architecture);
  metadata.classes = classes;
  Preprocessing preprocessing;
  preprocessing.image_size = image_size;
  metadata.preprocessing = to_json_config(preprocessing);
  metadata.training = {{"epochs", 0}};
  VisionModel model(metadata.architecture);
  {
    const torch::NoGradGuard no_grad;
    for (auto& parameter : model->parameters()) {
      if (parameter.dim() > 1) parameter.normal_(0, 0.3);
    }
  }
  save_model(path, *model, metadata);
}

}  // namespace multipole::test

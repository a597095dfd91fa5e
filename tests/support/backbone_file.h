// Writes a backbone of random weights, as `import` leaves one without classes.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>

#include "base/json.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"

namespace multipole::test {

// For pictures of `side` pixels. The first parameter is filled with `poison` where that is not 0.
inline void write_random_backbone(const std::filesystem::path& path, const Json& backbone, int64_t side,
                                  double poison = 0) {
  ModelMetadata metadata;
  metadata.task = "embedding";
  metadata.architecture.preset = "";
  metadata.architecture.backbone = backbone;
  metadata.architecture.head = {{"type", "embedding"}};
  metadata.architecture = resolve_model_config(metadata.architecture);
  metadata.preprocessing = to_json_config(Preprocessing{.image_size = side, .crop_pct = 1.0});
  const VisionModel model(metadata.architecture);
  const torch::NoGradGuard no_grad;
  if (poison != 0) model->parameters().front().fill_(poison);
  save_model(path, *model, metadata);
}

}  // namespace multipole::test

// What a translation gives: a model's config, and how its weights are found among the published ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backbone/families/vit/vit_config.h"
#include "base/json.h"
#include "datasets/masks/mask_options.h"
#include "datasets/pictures/preprocessing.h"
#include "tasks/pretrained/published_model.h"
#include "tasks/pretrained/weight_translation.h"

namespace multipole {

struct TranslatedModel {
  std::string architecture;          // as its publisher calls it
  Json backbone;                     // as backbone/registry.h takes it
  Json head;                         // {"type": "classification", ...}; what it is for is the model's task
  std::vector<std::string> classes;  // empty for an embedding
  Preprocessing preprocessing;
  std::function<void(WeightTranslation&)> fill;
  std::optional<MaskOptions> masks = std::nullopt;  // segmentation: how those of its training are read
};

// The config of a vision transformer as the registry takes it.
inline Json vit_backbone(const VitConfig& config) {
  Json backbone = {{"family", "vit"}};
  backbone.update(to_json_config(config));
  return backbone;
}

// A linear layer on the backbone's embedding, or the embedding itself where there are no classes.
inline Json linear_head(size_t num_classes) {
  if (num_classes == 0) return {{"type", "embedding"}};
  return {{"type", "classification"}, {"pooling", "embedding"}};
}

}  // namespace multipole

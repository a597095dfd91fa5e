// What a translation gives: a model's config, and how its weights are found among the published ones.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "backbone/families/vit/vit_config.h"
#include "base/json.h"
#include "datasets/pictures/preprocessing.h"
#include "tasks/pretrained/published_model.h"
#include "tasks/pretrained/weight_translation.h"

namespace multipole {

struct TranslatedModel {
  std::string architecture;          // as its publisher calls it
  Json backbone;                     // with its "family"
  Json head;                         // {"type": "classification", ...}, or an embedding's
  std::vector<std::string> classes;  // empty for an embedding
  Preprocessing preprocessing;
  std::function<void(WeightTranslation&)> fill;
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

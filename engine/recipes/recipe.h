// Chooses how to train a classifier from what the data are like, and says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backbone/config/json.h"
#include "engine/files/model_file.h"
#include "engine/recipes/census.h"

namespace multipole {

struct RecipeOptions {
  // The model whose weights training starts from: its architecture, and a recipe for fine-tuning.
  std::optional<ModelMetadata> init;
  // Time that training should take on two CPU cores that multiply bfloat16 and have nothing else to do.
  double minutes = 10;
  // Pictures have several classes: none is shown more often, and the objective is what `auto` makes of such data.
  bool multi_label = false;
};

struct Recipe {
  Json settings = Json::object();    // a part of ClassifyConfig
  std::vector<std::string> reasons;  // one line a choice: what, and why
};

Recipe choose_recipe(const TrainingCensus& census, const RecipeOptions& options);

// Architecture and preprocessing of a model file as settings: what training from its weights starts with.
Json settings_of(const ModelMetadata& init);

// Pictures a second in training on those two cores, from the multiplications of the blocks' linear layers at
// `image_size` against those of multipole_nano at 32 pixels, which was measured (docs/results.md).
double expected_images_per_second(const PyramidConfig& backbone, int64_t image_size);

}  // namespace multipole

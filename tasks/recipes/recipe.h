// Chooses how to train from what the data are like and how fast this machine is, and says why.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "engine/training/step_timing.h"
#include "tasks/recipes/census.h"

namespace multipole {

struct RecipeOptions {
  // The model whose weights training starts from: its architecture, and a recipe for fine-tuning.
  std::optional<ModelMetadata> init;
  // Time that training should take on this machine with this run's threads.
  double minutes = 10;
  // Times some steps of a training with these settings of the task's config. Needed unless `epochs` are given.
  std::function<StepTiming(const Json& settings)> measure;
  // An evaluation's time as a share of that of an epoch's training.
  double evaluation_share = 0;
  // What the user has fixed.
  std::optional<int64_t> epochs, batch_size;
  // Pictures have several classes: none is shown more often, and the objective is what `auto` makes of such data.
  bool multi_label = false;
  // A linear layer on the features of `init`, computed once, may take the place of a training.
  bool may_probe = false;
};

struct Recipe {
  bool probe = false;                // no training by steps: a probe
  Json settings = Json::object();    // a part of the task's config
  std::vector<std::string> reasons;  // one line a choice: what, and why
};

// For ClassifyConfig. Where a model that was made for photographs (an input of at least kPhotograph pixels) is
// fine-tuned, its own input size is kept; a probe is chosen where few pictures of a class would have to move all of
// such a model's weights, and for any model where the minutes hold too few epochs. Throws ConfigError where neither
// epochs nor a way to measure are given, and what measuring throws.
Recipe choose_recipe(const TrainingCensus& census, const RecipeOptions& options);

inline constexpr int64_t kPhotograph = 128;

// Architecture and preprocessing of a model file as settings: what training from its weights starts with.
Json settings_of(const ModelMetadata& init);

}  // namespace multipole

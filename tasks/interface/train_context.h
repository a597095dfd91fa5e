// What the choice of a setting can go by besides the settings.
#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"
#include "engine/files/model_file.h"

namespace multipole {

struct TrainContext {
  std::filesystem::path data;
  Json given;                         // the user's own settings, before anything was put below them
  std::optional<ModelMetadata> init;  // of --init, where that is a model file
  std::optional<Json> earlier;        // the config of the run that goes on: what was chosen for it stays
  // Where several processes train together each would measure another speed, and choose otherwise.
  bool may_measure = true;
  // A recipe may choose another way to train than by steps, where the task has one (TaskOptions::train_otherwise()).
  bool may_train_otherwise = false;
  // The user asks for that: there are no steps to plan.
  bool trains_otherwise = false;
};

}  // namespace multipole

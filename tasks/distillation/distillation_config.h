// All of a training that learns another model's features, as a run's config.json holds it.
#pragma once

#include <string>

#include "base/fields.h"
#include "datasets/augmentation/augmentation.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/training/data_config.h"
#include "engine/training/train_config.h"
#include "heads/model/model_config.h"

namespace multipole {

struct DistillationConfig {
  std::string teacher;
  ModelConfig model = {.head = Json{{"type", "embedding"}}};
  DataConfig data;
  Preprocessing preprocessing;
  AugmentationConfig augmentation;
  TrainConfig train;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("teacher", self.teacher, "model file whose embedding is learned");
    field("model", self.model, "the backbone that learns");
    field("data", self.data, "held-out share and loading; splits and folds have no meaning here");
    field("preprocessing", self.preprocessing, "how a picture becomes the model's input");
    field("augmentation", self.augmentation, "random changes of the training pictures, which both models see");
    field("train", self.train, "optimisation");
  }
};

// The config with every default of the model and the optimiser written out, the head giving as many numbers as the
// teacher's embedding has, where one is named. Throws ModelFileError where it cannot be read.
DistillationConfig resolve_distillation_config(const DistillationConfig& config);

}  // namespace multipole

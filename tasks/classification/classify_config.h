// All of a classification training, as configs/classify/*.json and a run's config.json hold it.
#pragma once

#include <string>

#include "base/fields.h"
#include "datasets/augmentation/augmentation.h"
#include "datasets/loading/resolution_schedule.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/training/data_config.h"
#include "engine/training/train_config.h"
#include "heads/model/model_config.h"
#include "tasks/classification/classify_objective.h"
#include "tasks/teaching/class_teaching_config.h"

namespace multipole {

struct ClassifyConfig {
  ModelConfig model;
  DataConfig data;
  Preprocessing preprocessing;
  AugmentationConfig augmentation;
  ResolutionSchedule resolution;
  ClassifyObjective objective;
  ClassTeachingConfig teaching;
  TrainConfig train;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("model", self.model, "backbone and head");
    field("data", self.data, "splits and loading");
    field("preprocessing", self.preprocessing, "how a picture becomes the model's input");
    field("augmentation", self.augmentation, "random changes of the training pictures");
    field("resolution", self.resolution, "how large the training pictures are, epoch by epoch");
    field("objective", self.objective, "what training minimises, and what the best model is chosen by");
    field("teaching", self.teaching, "another model that training learns from besides the labels");
    field("train", self.train, "optimisation");
  }
};

// The config with every default of the model and the optimiser written out; a model without an image_size of its own
// gets the preprocessing's. Throws ConfigError for what no field-by-field check sees: unknown types and their keys.
ClassifyConfig resolve_classify_config(const ClassifyConfig& config);

}  // namespace multipole

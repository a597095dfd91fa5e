// All of a training in which a swapped attention learns to give full attention's outputs, as a run's config.json holds
// it.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "datasets/augmentation/augmentation.h"
#include "engine/training/data_config.h"
#include "engine/training/train_config.h"

namespace multipole {

struct AdaptationConfig {
  std::string model;
  Json attention = "multipole2d";
  int64_t size = 0;
  int64_t steps = 0;
  double block_weight = 1.0;
  double feature_weight = 1.0;
  int64_t block_epochs = 0;
  DataConfig data;
  AugmentationConfig augmentation;
  TrainConfig train;

  AdaptationConfig();  // other defaults than a training of all weights has

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("model", self.model, "model file of a vit; its weights, with full attention, are what is learned from");
    field("attention", self.attention,
          "what takes the place of its attention: a type, or an object with its fields; multipole2d gets far_gate and "
          "the max_levels of the pictures unless it says otherwise");
    field("size", self.size, "side in pixels of what the models see; 0: twice the model's own");
    field("steps", self.steps, "optimiser steps, in place of train.epochs; 0: as many as those have");
    field("block_weight", self.block_weight,
          "of the blocks' squared relative errors, each given what full attention is given there");
    field("feature_weight", self.feature_weight,
          "of 1 - cosine of the whole model's features to those of full attention, end to end");
    field("block_epochs", self.block_epochs, "first epochs in which the blocks' errors alone are learned from");
    field("data", self.data, "held-out share and loading; splits and folds have no meaning here");
    field("augmentation", self.augmentation, "random changes of the training pictures, which both models see");
    field("train", self.train, "optimisation; only what the swapped attention adds to the projections learns");
  }
  void validate(const std::string& where) const;
};

// The config with the size, the attention of every block and every default of the optimiser written out. Throws
// ConfigError where no model is named, its attention cannot be swapped or pictures of that size have no far level,
// ModelFileError where it cannot be read.
AdaptationConfig resolve_adaptation_config(const AdaptationConfig& config);

}  // namespace multipole

// A language model's training on a text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backbone/families/sequence/sequence_config.h"
#include "base/fields.h"
#include "engine/optimizers/schedule_config.h"
#include "engine/training/opened_training.h"
#include "tasks/sequence/byte_text.h"

namespace multipole {

struct SequenceTrainConfig {
  SequenceConfig model;
  int64_t steps = 2000;
  int64_t batch_size = 16;
  Json optimizer = {{"type", "adamw"}, {"lr", 0.001}};
  ScheduleConfig schedule;
  double clip_grad = 1.0;
  int64_t eval_every = 200;
  double val_fraction = 0.1;
  int64_t val_bytes = 65536;
  int64_t seed = 0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("model", self.model, "size and attention");
    field("steps", self.steps, "optimiser steps");
    field("batch_size", self.batch_size, "windows of model.context bytes a step");
    field("optimizer", self.optimizer, "type (adamw, sgd, muon) and its values");
    field("schedule", self.schedule, "learning rate over the steps; an epoch is eval_every steps");
    field("clip_grad", self.clip_grad, "largest norm of the gradient, longer ones are scaled down; 0 is off");
    field("eval_every", self.eval_every, "steps between evaluations");
    field("val_fraction", self.val_fraction, "share of the text, its end, to evaluate on");
    field("val_bytes", self.val_bytes, "most bytes of it that an evaluation takes");
    field("seed", self.seed, "of the weights and the windows");
  }
  void validate(const std::string& where) const;
};

// For the one trainer, an epoch being eval_every steps: what it reports at an epoch's end is an evaluation, with the
// metric bits_per_byte and the mean loss since the last one, both in bits; samples are windows of model.context bytes.
// The score is minus the bits a byte. A greater config.steps makes a run longer. A stopped one ends with an evaluation.
// There is no report. Throws ConfigError for an attention or optimiser that cannot be; training throws InputError where
// the text is too short.
std::unique_ptr<OpenedTraining> open_sequence_training(const SequenceTrainConfig& config, const ByteText& text);

}  // namespace multipole

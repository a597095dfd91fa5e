// Trains and scores a language model of bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "backbone/families/sequence/sequence_model.h"
#include "base/fields.h"
#include "engine/optimizers/schedule_config.h"
#include "tasks/sequence/byte_text.h"
#include "tasks/sequence/sequence_state.h"

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

struct SequenceEvaluation {
  int64_t bytes = 0;         // predicted
  double bits_per_byte = 0;  // mean cross entropy in bits; NaN for none
};

// The text in windows of the model's context without overlap, at most `most_bytes` (0: all): a window's first bytes are
// predicted from few. The model is left in evaluation mode.
SequenceEvaluation evaluate_sequence(SequenceModel& model, const ByteText& text, int64_t batch_size,
                                     int64_t most_bytes = 0);

struct SequenceProgress {
  int64_t step = 0;
  double train_bits_per_byte = 0;  // mean since the last evaluation
  double val_bits_per_byte = 0;
  double bytes_per_second = 0;
  bool is_best = false;
};

struct SequenceTrainResult {
  int64_t num_steps = 0, num_parameters = 0;
  double best_bits_per_byte = 0;  // NaN where nothing was evaluated
  bool stopped = false;
  std::filesystem::path best_model;
};

// To the run folder `out`: config.json, metrics.jsonl, best.safetensors, and after every evaluation a state to go on
// from. A run that is there goes on where it was, for more steps than it was made for where config.steps is greater.
// Set `stop` to end after the step in progress with an evaluation. Throws ConfigError, InputError (text too short),
// ModelFileError (a state that does not fit), ResourceError, TrainingError (the loss is not finite).
SequenceTrainResult train_sequence(const SequenceTrainConfig& config, const ByteText& text,
                                   const std::filesystem::path& out,
                                   const std::function<void(const SequenceProgress&)>& report,
                                   const std::atomic<bool>* stop = nullptr, const SequenceResume& resume = {});

}  // namespace multipole

// How a model is trained, whatever its task. Defaults suit a small vision transformer on a small data set.
#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "base/json.h"
#include "engine/optimizers/fine_tune_config.h"
#include "engine/optimizers/schedule_config.h"
#include "engine/weights/ema_config.h"

namespace multipole {

struct TrainConfig {
  int64_t epochs = 30;
  int64_t batch_size = 128;
  int64_t accumulate = 1;
  Json optimizer = Json{{"type", "adamw"}};
  ScheduleConfig schedule;
  double clip_grad = 1.0;
  double label_smoothing = 0.1;
  FineTuneConfig fine_tune;
  EmaConfig ema;
  std::string precision = "auto";
  std::string device = "auto";
  int64_t seed = 0;
  int64_t eval_every = 1;
  int64_t patience = 0;
  int64_t log_every = 10;
  double checkpoint_minutes = 10;
  double max_bad = 0.01;
  bool gradient_checkpointing = false;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("epochs", self.epochs, "passes over the training split");
    field("batch_size", self.batch_size, "images a batch");
    field("accumulate", self.accumulate, "batches an optimiser step");
    field("optimizer", self.optimizer, "type (adamw, sgd, lion, muon) and its values");
    field("schedule", self.schedule, "learning rate over the steps");
    field("clip_grad", self.clip_grad, "largest norm of the gradient, longer ones are scaled down; 0 is off");
    field("label_smoothing", self.label_smoothing, "share of each target that is spread over all classes");
    field("fine_tune", self.fine_tune, "which layers learn, from when on and how fast");
    field("ema", self.ema, "moving average of the weights");
    field("precision", self.precision, "auto, float32 or bfloat16 (mixed); auto is bfloat16 where the device has it");
    field("device", self.device, "auto, cpu or cuda");
    field("seed", self.seed, "of the weights, the order, the augmentation and drop path");
    field("eval_every", self.eval_every, "epochs between evaluations; the last epoch is always evaluated");
    field("patience", self.patience, "epochs without a better score after which training stops; 0 is off");
    field("log_every", self.log_every, "steps between the lines of metrics.jsonl");
    field("checkpoint_minutes", self.checkpoint_minutes,
          "minutes between saves within an epoch; each epoch ends with one");
    field("max_bad", self.max_bad, "share of unreadable images in an epoch above which training stops");
    field("gradient_checkpointing", self.gradient_checkpointing,
          "compute each stage again in the backward pass: large pictures in less memory, about a third slower");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole

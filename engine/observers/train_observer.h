// What training tells whoever watches it. The library prints nothing: an app turns these calls into lines and bars.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "datasets/dataset.h"

namespace multipole {

struct TrainPlan {
  int64_t num_epochs = 0;
  int64_t steps_per_epoch = 0;  // optimiser steps
  int64_t train_samples = 0;
  int64_t validation_samples = 0;
  int64_t num_classes = 0;
  int64_t num_parameters = 0;
  std::string device;
  std::string precision;   // "float32" or "bfloat16"
  int64_t first_step = 0;  // greater than 0 where a run is resumed
};

struct StepReport {
  int64_t epoch = 0;          // from 0
  int64_t step_in_epoch = 0;  // optimiser steps done in this epoch
  int64_t steps_per_epoch = 0;
  int64_t step = 0;  // optimiser steps done in the run
  double loss = 0;   // of this step
  double learning_rate = 0;
  double gradient_norm = 0;  // before clipping
  double images_per_second = 0;
  int64_t skipped_steps = 0;  // so far, for a loss or gradient that was not finite
  int64_t micro_batch = 0;    // the most pictures in one forward pass since memory ran out; 0 where it never did
};

struct EpochReport {
  int64_t epoch = 0;  // from 0
  int64_t step = 0;
  double train_loss = 0;  // mean over the epoch's steps
  double learning_rate = 0;
  double seconds = 0;
  double images_per_second = 0;
  int64_t bad_samples = 0;        // unreadable files met in this epoch
  std::optional<double> flops;    // of all steps of the run so far; none where they are not counted
  Json metrics = Json::object();  // of the validation split; empty where this epoch was not evaluated
  bool is_best = false;
};

// Work that comes before steps are made, or in their place.
struct WorkReport {
  std::string name;             // "features"
  int64_t done = 0, total = 0;  // pictures
  double seconds = 0;           // since it began
};

class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_start(const TrainPlan&) {}
  // The first batch that is trained on, as the model sees it; once for each time that training starts or goes on.
  virtual void on_first_batch(const Batch&) {}
  virtual void on_step(const StepReport&) {}
  virtual void on_epoch_end(const EpochReport&) {}
  virtual void on_work(const WorkReport&) {}
  // A sentence for the user: a resumed run, a skipped file, a skipped step.
  virtual void on_message(const std::string&) {}
};

}  // namespace multipole

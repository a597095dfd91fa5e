// Options of the command `train` that one task alone has: what they say as settings, or another way to train.
#pragma once

#include "apps/arguments/command.h"
#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "base/json.h"
#include "engine/observers/train_observer.h"

namespace multipole {

class TaskOptions {
 public:
  virtual ~TaskOptions() = default;
  virtual void add_to(CLI::App& /*command*/) {}
  virtual void put(Json& /*settings*/) const {}

  // The option that asks for train_otherwise() in place of the training by steps; "" where none does. It goes with none
  // of the command's ways to plan and repeat trainings (recipe, folds, range test).
  virtual std::string other_training() const { return ""; }
  // Whether a recipe may choose and has chosen train_otherwise().
  virtual bool may_train_otherwise() const { return false; }
  virtual bool trains_otherwise(const Json& /*settings*/) const { return false; }
  // Returns the exit code.
  virtual int train_otherwise(const Json& /*settings*/, const RunSettings& /*run*/, TrainObserver& /*observer*/,
                              const SignalStop& /*stop*/) const {
    return 0;
  }
};

}  // namespace multipole

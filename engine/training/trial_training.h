// A training that is thrown away: a fresh model of a run, stepped as that run would, without a run folder.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "backbone/families/trained_model.h"
#include "engine/observers/train_observer.h"
#include "engine/runtime/execution.h"
#include "engine/training/resume.h"
#include "engine/training/train_step.h"
#include "engine/training/training_run.h"

namespace multipole {

class TrialTraining {
 public:
  // With `start`'s initial weights. Everything that ever learns in the run learns here. `run` outlives this.
  TrialTraining(const TrainingRun& run, const ResumeOptions& start, TrainObserver& observer);

  // One optimiser step on the next batches of the run's stream, epoch after epoch.
  StepOutcome step(double lr_factor);

  // The configured learning rate, which step() scales.
  double learning_rate() const { return train_step_->optimizer().learning_rate(); }
  const Execution& execution() const { return execution_; }
  // For `steps` of them.
  TrainPlan plan(int64_t steps) const;

 private:
  std::vector<Batch> next_window();

  const TrainingRun& run_;
  Execution execution_;
  TrainedModel model_{nullptr};
  std::unique_ptr<TrainTask> task_;
  std::unique_ptr<TrainStep> train_step_;
  int64_t epoch_ = 0;
  int64_t steps_ = 0;
};

}  // namespace multipole

#include "engine/training/trial_training.h"

#include <torch/utils.h>

#include <utility>

#include "engine/optimizers/freezing.h"

namespace multipole {

TrialTraining::TrialTraining(const TrainingRun& run, const ResumeOptions& start, TrainObserver& observer)
    : run_(run), execution_(select_execution(run.train.device, run.train.precision, 0, kTrainDevice)) {
  torch::manual_seed(static_cast<uint64_t>(run.train.seed));
  model_ = run.make_model();
  initialize_model(run, start, model_, observer);
  model_->to(execution_.device);
  model_->train();
  model_->set_gradient_checkpointing(run.train.gradient_checkpointing);
  Freezing(run.train.fine_tune, *model_).apply(run.train.fine_tune.head_epochs);
  task_ = run.make_task(execution_, {}, model_);
  train_step_ = std::make_unique<TrainStep>(run.train, execution_, model_, nullptr, *task_);
  run_.stream.start_epoch(0);
}

StepOutcome TrialTraining::step(double lr_factor) { return train_step_->run(next_window(), lr_factor, steps_++); }

std::vector<Batch> TrialTraining::next_window() {
  std::vector<Batch> window;
  while (static_cast<int64_t>(window.size()) < run_.train.accumulate) {
    auto batch = run_.stream.next();
    if (!batch) {
      run_.stream.start_epoch(++epoch_);
      continue;
    }
    window.push_back(std::move(*batch));
  }
  return window;
}

TrainPlan TrialTraining::plan(int64_t steps) const {
  TrainPlan plan;
  plan.num_epochs = 1;
  plan.steps_per_epoch = steps;
  plan.train_samples = run_.train_samples;
  plan.validation_samples = run_.validation_samples;
  plan.num_classes = run_.num_classes;
  plan.num_parameters = model_->num_parameters();
  plan.device = execution_.device.str();
  plan.precision = execution_.precision_name();
  return plan;
}

}  // namespace multipole

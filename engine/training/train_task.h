// What the trainer needs to know of a task; classification, segmentation and language models are such ones.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include "backbone/families/trained_model.h"
#include "base/json.h"
#include "datasets/dataset.h"
#include "engine/distributed/process_group.h"

namespace multipole {

struct TaskEvaluation {
  bool complete = true;                                     // false where `stop` cut it short
  double score = std::numeric_limits<double>::quiet_NaN();  // more is better; NaN is worse than every number
  Json metrics = Json::object();                            // for the log: flat, numbers
};

class TrainTask {
 public:
  virtual ~TrainTask() = default;

  // Called before an epoch's steps, and before the rest of them where a run goes on within one. Trials of a few steps
  // (trial_training.h) have no epochs.
  virtual void start_epoch(int64_t /*epoch*/) {}

  // Mean loss over the batch, a scalar; called under autocast with the batch's inputs on the model's device. Throws
  // InputError for a label that the model has no class for, naming the file.
  virtual torch::Tensor loss_of(TrainedModel& model, const torch::Tensor& inputs, const Batch& batch) = 0;

  // Scores the model on the validation split, of which each process of the group takes its stream's share; all get the
  // score and metrics of the whole. The model is in evaluation mode.
  virtual TaskEvaluation score(TrainedModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) = 0;

  // Keeps the best model so far; `summary` says how it came about.
  virtual void keep_best(const TrainedModel& model, const Json& summary) = 0;

  // Whether a training that is stopped within an epoch is scored before it is saved: where that takes a moment.
  virtual bool is_scored_when_stopped() const { return false; }

  // What its samples are, for sentences.
  virtual const char* samples_name() const { return "pictures"; }
};

// A task on models of one type, given in their own holder: TaskOf<VisionModel>.
template <class Model>
class TaskOf : public TrainTask {
 public:
  // As loss_of(), score() and keep_best().
  virtual torch::Tensor loss(Model& model, const torch::Tensor& inputs, const Batch& batch) = 0;
  virtual TaskEvaluation evaluate(Model& model, const ProcessGroup& group, const std::atomic<bool>* stop) = 0;
  virtual void save_best(const Model& model, const Json& summary) = 0;

  torch::Tensor loss_of(TrainedModel& model, const torch::Tensor& inputs, const Batch& batch) final {
    Model own = model.as<Model>();
    return loss(own, inputs, batch);
  }
  TaskEvaluation score(TrainedModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) final {
    Model own = model.as<Model>();
    return evaluate(own, group, stop);
  }
  void keep_best(const TrainedModel& model, const Json& summary) final { save_best(model.as<Model>(), summary); }
};

}  // namespace multipole

// What the trainer needs to know of a task; classification and segmentation are two of them.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/json.h"
#include "datasets/dataset.h"
#include "engine/distributed/process_group.h"
#include "heads/model/model.h"

namespace multipole {

struct TaskEvaluation {
  bool complete = true;                                     // false where `stop` cut it short
  double score = std::numeric_limits<double>::quiet_NaN();  // more is better; NaN is worse than every number
  Json metrics = Json::object();                            // for the log: flat, numbers
};

class TrainTask {
 public:
  virtual ~TrainTask() = default;

  // Mean loss over the batch, a scalar; called under autocast with the images on the model's device. Throws InputError
  // for a label that the model has no class for, naming the file.
  virtual torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) = 0;

  // Scores the model on the validation split, of which each process of the group takes its loader's share; all get the
  // score and metrics of the whole. The model is in evaluation mode.
  virtual TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) = 0;

  // Keeps the best model so far; `summary` says how it came about.
  virtual void save_best(const VisionModel& model, const Json& summary) = 0;
};

}  // namespace multipole

// Classification for the trainer: a loss on whole or mixed labels, scored by the accuracy that the objective names.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_task.h"
#include "tasks/classification/classify_objective.h"
#include "tasks/classification/evaluation/evaluator.h"
#include "tasks/teaching/class_teacher.h"

namespace multipole {

class ClassifyTask : public TaskOf<VisionModel> {
 public:
  // `metadata` goes into the best model's file at `best_path`, its "training" filled in. `validation` outlives the
  // task. class_weights (num_classes) scale each class's share of the loss; undefined: all alike. `teacher` may be
  // null.
  ClassifyTask(const Execution& execution, double label_smoothing, Loader& validation,
               const std::filesystem::path& best_path, const ModelMetadata& metadata,
               const ClassifyObjective& objective = {}, const torch::Tensor& class_weights = {},
               std::unique_ptr<ClassTeacher> teacher = nullptr);

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override;
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const VisionModel& model, const Json& summary) override;

 private:
  torch::Tensor label_loss(const torch::Tensor& logits, const Batch& batch) const;

  Execution execution_;
  double label_smoothing_;
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
  ClassifyObjective objective_;
  torch::Tensor class_weights_;
  std::unique_ptr<ClassTeacher> teacher_;
};

// The score that the objective names, and the metrics of the log.
TaskEvaluation task_evaluation(const ClassifierEvaluation& found, const ClassifyObjective& objective);

// (number of classes) floats proportional to 1 / count with a mean of 1 over the classes that have pictures; a class
// without any gets 0. No class weighs more than kMaxClassWeight times the largest one: a few pictures, one of them
// perhaps mislabelled, must not outvote all others.
inline constexpr double kMaxClassWeight = 50;
torch::Tensor balanced_class_weights(const std::vector<int64_t>& labels, int64_t num_classes);

}  // namespace multipole

// A student for the trainer: its head's vector becomes the teacher's embedding of the same picture.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <filesystem>

#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_task.h"
#include "tasks/teaching/teacher.h"

namespace multipole {

class DistillTask : public TaskOf<VisionModel> {
 public:
  // `metadata` goes into the best model's file at `best_path`, its "training" filled in. `validation` outlives the
  // task.
  DistillTask(const Execution& execution, Teacher teacher, Loader& validation, const std::filesystem::path& best_path,
              const ModelMetadata& metadata);

  // unexplained_variance() of the batch.
  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override;
  // The score is the explained variance. Metrics: samples, bad_samples, explained_variance, cosine.
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const VisionModel& model, const Json& summary) override;

 private:
  Execution execution_;
  Teacher teacher_;
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
};

}  // namespace multipole

// Classification of pictures that show several classes, or none, for the trainer: each class is a question of its own
// (one-vs-rest cross entropy), and the best model is the one of the highest mean average precision.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_task.h"

namespace multipole {

class MultiLabelTask : public TaskOf<VisionModel> {
 public:
  // `metadata` goes into the best model's file at `best_path`, its "training" filled in. `validation` outlives the
  // task. Labels of batches are rows of label_sets (S, num_classes). positive_weights (num_classes) scale the loss of
  // each class where it is shown; undefined: all 1.
  MultiLabelTask(const Execution& execution, double label_smoothing, Loader& validation,
                 const std::filesystem::path& best_path, const ModelMetadata& metadata, const torch::Tensor& label_sets,
                 const torch::Tensor& positive_weights = {});

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override;
  // Metrics: samples, loss, map, macro_f1, micro_f1.
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const VisionModel& model, const Json& summary) override;

 private:
  Execution execution_;
  double label_smoothing_;
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
  torch::Tensor label_sets_;
  torch::Tensor positive_weights_;
};

// (num_classes) floats: samples without the class / samples with it, so that both answers weigh alike, but within
// [1 / kMaxPositiveWeight, kMaxPositiveWeight]; 1 for a class that no sample shows. `labels` are rows of label_sets.
inline constexpr double kMaxPositiveWeight = 50;
torch::Tensor balanced_positive_weights(const std::vector<int64_t>& labels, const torch::Tensor& label_sets);

}  // namespace multipole

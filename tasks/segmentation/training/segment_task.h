// Segmentation for the trainer: the configured loss on crops, scored by mean IoU on whole pictures.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <filesystem>

#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_task.h"
#include "heads/losses/segmentation_loss.h"

namespace multipole {

class SegmentTask : public TaskOf<VisionModel> {
 public:
  // `metadata` goes into the best model's file at `best_path`, its "training" filled in. `validation` outlives the
  // task.
  SegmentTask(const Execution& execution, const SegmentationLoss& loss, Loader& validation,
              const std::filesystem::path& best_path, const ModelMetadata& metadata);

  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override;
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const VisionModel& model, const Json& summary) override;

 private:
  Execution execution_;
  SegmentationLoss loss_;
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
};

}  // namespace multipole

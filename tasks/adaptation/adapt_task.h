// A swapped attention for the trainer: what it adds to a model learns to give the outputs of full attention.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "datasets/loading/loader.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "engine/training/train_task.h"
#include "tasks/adaptation/adaptation_config.h"
#include "tasks/attention_swap/swap_comparison.h"

namespace multipole {

class AdaptTask : public TaskOf<VisionModel> {
 public:
  // `reference` is the model with full attention. `metadata` goes into the best model's file at `best_path`, its
  // "training" filled in. `validation` gives one picture a batch and outlives the task.
  AdaptTask(const AdaptationConfig& config, const Execution& execution, LoadedModel reference, Loader& validation,
            const std::filesystem::path& best_path, const ModelMetadata& metadata);

  // Remembers what learns of the model as it is before the first step, which evaluations are compared with.
  void start_from(const VisionModel& swapped);
  void start_epoch(int64_t epoch) override { epoch_ = epoch; }
  // block_weight * ReferencePass::block_error + feature_weight * feature_distance(), without the latter in the first
  // block_epochs. Dropout and drop path of the model are off: the reference has none either.
  torch::Tensor loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) override;
  // The score is the patch cosine. Metrics: samples, bad_samples, block_error, patch_cosine, embedding_cosine,
  // agreement (of models with classes), as SwapComparison has them, and "before_..." of the swap before its first step.
  TaskEvaluation evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) override;
  void save_best(const VisionModel& model, const Json& summary) override;

 private:
  struct Comparison {
    SwapComparison sums;
    int64_t bad_samples = 0;
    bool complete = true;
  };
  Comparison compare(VisionModel& model, const std::atomic<bool>* stop);
  Comparison compare_before(VisionModel& model, const std::atomic<bool>* stop);

  AdaptationConfig config_;
  Execution execution_;
  LoadedModel reference_;
  Loader& validation_;
  std::filesystem::path best_path_;
  ModelMetadata metadata_;
  int64_t epoch_ = 0;
  std::map<std::string, torch::Tensor> initial_;  // of all that learns, before the first step
  std::optional<Comparison> before_;
};

}  // namespace multipole

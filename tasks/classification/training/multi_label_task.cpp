#include "tasks/classification/training/multi_label_task.h"

#include <cmath>

#include "datasets/sources/label_targets.h"
#include "engine/runtime/loader_pass.h"
#include "heads/losses/sigmoid_cross_entropy.h"
#include "heads/metrics/shares.h"
#include "tasks/classification/evaluation/multi_label_evaluator.h"

namespace multipole {

torch::Tensor balanced_positive_weights(const std::vector<int64_t>& labels, const torch::Tensor& label_sets) {
  const auto with = label_sets.index_select(0, torch::tensor(labels, torch::kLong)).sum(0);
  const auto weights = (static_cast<double>(labels.size()) - with) / with.clamp_min(1);
  return torch::where(with > 0, weights.clamp(1 / kMaxPositiveWeight, kMaxPositiveWeight), torch::ones_like(with));
}

MultiLabelTask::MultiLabelTask(const Execution& execution, double label_smoothing, Loader& validation,
                               const std::filesystem::path& best_path, const ModelMetadata& metadata,
                               const torch::Tensor& label_sets, const torch::Tensor& positive_weights)
    : execution_(execution),
      label_smoothing_(label_smoothing),
      validation_(validation),
      best_path_(best_path),
      metadata_(metadata),
      label_sets_(label_sets),
      positive_weights_(positive_weights) {}

torch::Tensor MultiLabelTask::loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) {
  check_labels(batch, label_sets_.size(0));
  const auto targets = multi_label_targets(batch, label_sets_, label_smoothing_).to(images.device());
  return sigmoid_cross_entropy(model->forward(images), targets, positive_weights_);
}

TaskEvaluation MultiLabelTask::evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) {
  auto result = evaluate_multi_label(model, validation_, label_sets_, execution_, 0.5, stop);
  result.sum_over(group);
  const double map = result.metrics.mean_average_precision();
  TaskEvaluation evaluation;
  evaluation.complete = result.complete;
  // logits that are not finite rank last, and some class may even gain by that
  if (std::isfinite(result.loss)) evaluation.score = map;
  evaluation.metrics = {{"samples", result.metrics.samples()},
                        {"loss", result.loss},
                        {"map", number_or_null(map)},
                        {"macro_f1", number_or_null(result.metrics.macro_f1())},
                        {"micro_f1", number_or_null(result.metrics.micro_f1())}};
  return evaluation;
}

void MultiLabelTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

}  // namespace multipole

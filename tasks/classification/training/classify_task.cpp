#include "tasks/classification/training/classify_task.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "datasets/augmentation/batch_mix.h"
#include "engine/runtime/loader_pass.h"
#include "heads/losses/cross_entropy.h"
#include "heads/losses/focal.h"
#include "heads/losses/sigmoid_cross_entropy.h"
#include "tasks/classification/evaluation/evaluator.h"

namespace multipole {

torch::Tensor balanced_class_weights(const std::vector<int64_t>& labels, int64_t num_classes) {
  const auto counts = torch::bincount(torch::tensor(labels, torch::kLong), {}, num_classes).to(torch::kFloat);
  const auto present = counts > 0;
  const double least = std::max(1.0, counts.max().item<double>() / kMaxClassWeight);
  const auto weights = torch::where(present, counts.clamp_min(least).reciprocal(), torch::zeros_like(counts));
  return weights * present.sum() / weights.sum();
}

ClassifyTask::ClassifyTask(const Execution& execution, double label_smoothing, Loader& validation,
                           const std::filesystem::path& best_path, const ModelMetadata& metadata,
                           const ClassifyObjective& objective, const torch::Tensor& class_weights,
                           std::unique_ptr<ClassTeacher> teacher)
    : execution_(execution),
      label_smoothing_(label_smoothing),
      validation_(validation),
      best_path_(best_path),
      metadata_(metadata),
      objective_(resolve_objective(objective, false)),
      class_weights_(class_weights),
      teacher_(std::move(teacher)) {}

torch::Tensor ClassifyTask::loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) {
  check_labels(batch, model->config().num_classes);
  const auto logits = model->forward(images);
  const auto by_labels = label_loss(logits, batch);
  return teacher_ ? teacher_->loss(by_labels, logits, images) : by_labels;
}

torch::Tensor ClassifyTask::label_loss(const torch::Tensor& logits, const Batch& batch) const {
  const int64_t num_classes = logits.size(1);
  if (objective_.loss == "cross_entropy" && !class_weights_.defined()) {
    const auto targets = batch.mixed_labels.defined() ? soft_targets(batch, num_classes) : batch.labels;
    return cross_entropy(logits, targets.to(logits.device()), label_smoothing_);
  }
  const auto targets = soft_targets(batch, num_classes, label_smoothing_).to(logits.device());
  if (objective_.loss == "bce") return sigmoid_cross_entropy(logits, targets, class_weights_);
  return focal_loss(logits, targets, objective_.loss == "focal" ? objective_.focal_gamma : 0.0, class_weights_);
}

TaskEvaluation ClassifyTask::evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) {
  auto result = evaluate_classifier(model, validation_, execution_, stop);
  result.sum_over(group);
  return task_evaluation(result, objective_);
}

void ClassifyTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

TaskEvaluation task_evaluation(const ClassifierEvaluation& found, const ClassifyObjective& objective) {
  TaskEvaluation evaluation;
  evaluation.complete = found.complete;
  // logits that are not finite have a largest one too, and it may even be the right one
  if (std::isfinite(found.loss)) {
    evaluation.score =
        objective.score == "balanced_accuracy" ? found.metrics.balanced_accuracy() : found.metrics.top1();
  }
  evaluation.metrics = {{"samples", found.metrics.samples()},
                        {"loss", found.loss},
                        {"top1", found.metrics.top1()},
                        {"top5", found.metrics.top5()},
                        {"balanced_accuracy", found.metrics.balanced_accuracy()}};
  return evaluation;
}

}  // namespace multipole

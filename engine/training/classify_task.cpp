#include "engine/training/classify_task.h"

#include "datasets/augmentation/batch_mix.h"
#include "engine/training/evaluator.h"
#include "heads/losses/cross_entropy.h"

namespace multipole {

ClassifyTask::ClassifyTask(const Execution& execution, double label_smoothing, Loader& validation,
                           const std::filesystem::path& best_path, const ModelMetadata& metadata)
    : execution_(execution),
      label_smoothing_(label_smoothing),
      validation_(validation),
      best_path_(best_path),
      metadata_(metadata) {}

torch::Tensor ClassifyTask::loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) {
  const int64_t num_classes = model->config().num_classes;
  check_labels(batch, num_classes);
  const auto targets = batch.mixed_labels.defined() ? soft_targets(batch, num_classes) : batch.labels;
  return cross_entropy(model->forward(images), targets.to(images.device()), label_smoothing_);
}

TaskEvaluation ClassifyTask::evaluate(VisionModel& model, const std::atomic<bool>* stop) {
  const auto result = evaluate_classifier(model, validation_, execution_, stop);
  TaskEvaluation evaluation;
  evaluation.complete = result.complete;
  evaluation.score = result.metrics.top1();
  evaluation.metrics = {{"samples", result.metrics.samples()},
                        {"loss", result.loss},
                        {"top1", result.metrics.top1()},
                        {"top5", result.metrics.top5()}};
  return evaluation;
}

void ClassifyTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

}  // namespace multipole

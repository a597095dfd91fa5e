#include "engine/training/evaluator.h"

#include <cmath>
#include <limits>
#include <string>

#include "backbone/config/error.h"
#include "heads/losses/cross_entropy.h"

namespace multipole {

void check_labels(const Batch& batch, int64_t num_classes) {
  const auto* labels = batch.labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < batch.labels.numel(); ++i) {
    if (labels[i] < 0 || labels[i] >= num_classes) {
      throw InputError(batch.paths.at(i) + ": its label is " + std::to_string(labels[i]) + ", but the model has " +
                       std::to_string(num_classes) + " classes (0 to " + std::to_string(num_classes - 1) + ")");
    }
  }
}

void ClassifierEvaluation::sum_over(const ProcessGroup& group) {
  if (group.size() == 1) return;
  const auto own = static_cast<double>(metrics.samples());
  metrics.sum_over([&](torch::Tensor& counts) { group.sum(counts); });
  const double loss_sum = group.sum(own > 0 ? loss * own : 0.0);
  const auto all = static_cast<double>(metrics.samples());
  loss = all > 0 ? loss_sum / all : std::numeric_limits<double>::quiet_NaN();
  bad_samples = std::llround(group.sum(static_cast<double>(bad_samples)));
  complete = group.sum(complete ? 0.0 : 1.0) == 0;
}

ClassifierEvaluation evaluate_classifier(VisionModel& model, Loader& loader, const Execution& execution,
                                         const std::atomic<bool>* stop, const std::function<void(int64_t)>& progress) {
  const c10::InferenceMode inference;
  const bool was_training = model->is_training();
  model->eval();
  const int64_t num_classes = model->config().num_classes;
  ClassifierEvaluation result{ClassificationMetrics(num_classes)};
  double loss_sum = 0;
  loader.start_epoch(0);
  while (auto batch = loader.next()) {
    if (stop != nullptr && stop->load()) {
      result.complete = false;
      break;
    }
    result.bad_samples += static_cast<int64_t>(batch->bad.size());
    if (batch->size() == 0) continue;
    check_labels(*batch, num_classes);
    const AutocastGuard autocast(execution);
    const auto logits = model->forward(batch->images.to(execution.device));
    const auto labels = batch->labels.to(execution.device);
    loss_sum += cross_entropy(logits, labels).item<double>() * static_cast<double>(batch->size());
    result.metrics.update(logits, batch->labels);
    if (progress) progress(result.metrics.samples());
  }
  const auto samples = result.metrics.samples();
  result.loss = samples > 0 ? loss_sum / static_cast<double>(samples) : std::numeric_limits<double>::quiet_NaN();
  model->train(was_training);
  return result;
}

}  // namespace multipole

#include "tasks/classification/evaluation/evaluator.h"

#include <cmath>
#include <limits>

#include "engine/runtime/loader_pass.h"
#include "heads/losses/cross_entropy.h"

namespace multipole {

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
                                         const std::atomic<bool>* stop, const std::function<void(int64_t)>& progress,
                                         Mirror mirror) {
  ClassifierEvaluation result{ClassificationMetrics(model->config().num_classes)};
  double loss_sum = 0;
  const auto visit = [&](const Batch& batch, const torch::Tensor& logits) {
    const auto loss = cross_entropy(logits, batch.labels.to(logits.device()));
    loss_sum += loss.item<double>() * static_cast<double>(batch.size());
    result.metrics.update(logits, batch.labels);
    if (progress) progress(result.metrics.samples());
  };
  const LoaderPass pass = pass_over(model, loader, execution, model->config().num_classes, stop, visit, mirror);
  result.bad_samples = pass.bad_samples;
  result.complete = pass.complete;
  const auto samples = result.metrics.samples();
  result.loss = samples > 0 ? loss_sum / static_cast<double>(samples) : std::numeric_limits<double>::quiet_NaN();
  return result;
}

ClassifierEvaluation evaluate_outputs(const ClassifierOutputs& outputs) {
  ClassifierEvaluation result{ClassificationMetrics(outputs.logits.size(1))};
  result.metrics.update(outputs.logits, outputs.labels);
  const bool empty = outputs.labels.numel() == 0;
  result.loss =
      empty ? std::numeric_limits<double>::quiet_NaN() : cross_entropy(outputs.logits, outputs.labels).item<double>();
  result.bad_samples = outputs.bad_samples;
  result.complete = outputs.complete;
  return result;
}

}  // namespace multipole

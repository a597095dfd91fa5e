#include "tasks/classification/evaluation/multi_label_evaluator.h"

#include <cmath>

#include "datasets/sources/label_targets.h"
#include "engine/runtime/loader_pass.h"
#include "heads/losses/sigmoid_cross_entropy.h"
#include "heads/metrics/shares.h"

namespace multipole {

void MultiLabelEvaluation::sum_over(const ProcessGroup& group) {
  if (group.size() == 1) return;
  const auto own = static_cast<double>(metrics.samples());
  const double loss_sum = group.sum(own > 0 ? loss * own : 0.0);
  metrics.gather(group.process_rank(), group.size(), [&](torch::Tensor& tensor) { group.sum(tensor); });
  loss = share(loss_sum, static_cast<double>(metrics.samples()));
  bad_samples = std::llround(group.sum(static_cast<double>(bad_samples)));
  complete = group.sum(complete ? 0.0 : 1.0) == 0;
}

MultiLabelEvaluation evaluate_multi_label(VisionModel& model, Loader& loader, const torch::Tensor& label_sets,
                                          const Execution& execution, double threshold, const std::atomic<bool>* stop,
                                          const std::function<void(int64_t)>& progress, Mirror mirror) {
  MultiLabelEvaluation result{MultiLabelMetrics(model->config().num_classes, threshold)};
  double loss_sum = 0;
  const auto visit = [&](const Batch& batch, const torch::Tensor& logits) {
    const auto targets = multi_label_targets(batch, label_sets);
    const auto loss = sigmoid_cross_entropy(logits, targets.to(logits.device()));
    loss_sum += loss.item<double>() * static_cast<double>(batch.size());
    result.metrics.update(logits, targets);
    if (progress) progress(result.metrics.samples());
  };
  const LoaderPass pass = pass_over(model, loader, execution, label_sets.size(0), stop, visit, mirror);
  result.loss = share(loss_sum, static_cast<double>(result.metrics.samples()));
  result.bad_samples = pass.bad_samples;
  result.complete = pass.complete;
  return result;
}

}  // namespace multipole

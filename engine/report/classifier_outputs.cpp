#include "engine/report/classifier_outputs.h"

#include "engine/training/evaluator.h"

namespace multipole {

ClassifierOutputs collect_outputs(VisionModel& model, Loader& loader, const Execution& execution,
                                  const std::atomic<bool>* stop) {
  const c10::InferenceMode inference;
  const int64_t num_classes = model->config().num_classes;
  ClassifierOutputs outputs;
  std::vector<torch::Tensor> logits = {torch::empty({0, num_classes})};
  std::vector<torch::Tensor> labels = {torch::empty({0}, torch::kLong)};
  loader.start_epoch(0);
  while (auto batch = loader.next()) {
    if (stop != nullptr && stop->load()) {
      outputs.complete = false;
      break;
    }
    outputs.bad_samples += static_cast<int64_t>(batch->bad.size());
    if (batch->size() == 0) continue;
    check_labels(*batch, num_classes);
    const AutocastGuard autocast(execution);
    logits.push_back(model->forward(batch->images.to(execution.device)).to(torch::kCPU, torch::kFloat));
    labels.push_back(batch->labels);
    outputs.paths.insert(outputs.paths.end(), batch->paths.begin(), batch->paths.end());
    outputs.indices.insert(outputs.indices.end(), batch->indices.begin(), batch->indices.end());
  }
  outputs.logits = torch::cat(logits);
  outputs.labels = torch::cat(labels);
  return outputs;
}

}  // namespace multipole

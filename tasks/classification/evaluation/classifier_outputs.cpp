#include "tasks/classification/evaluation/classifier_outputs.h"

#include "engine/runtime/loader_pass.h"

namespace multipole {

ClassifierOutputs collect_outputs(VisionModel& model, Loader& loader, const Execution& execution,
                                  const std::atomic<bool>* stop) {
  const int64_t num_classes = model->config().num_classes;
  ClassifierOutputs outputs;
  std::vector<torch::Tensor> logits = {torch::empty({0, num_classes})};
  std::vector<torch::Tensor> labels = {torch::empty({0}, torch::kLong)};
  const auto keep = [&](const Batch& batch, const torch::Tensor& answers) {
    logits.push_back(answers.to(torch::kCPU, torch::kFloat));
    labels.push_back(batch.labels);
    outputs.paths.insert(outputs.paths.end(), batch.paths.begin(), batch.paths.end());
    outputs.indices.insert(outputs.indices.end(), batch.indices.begin(), batch.indices.end());
  };
  const LoaderPass pass = pass_over(model, loader, execution, num_classes, stop, keep);
  outputs.bad_samples = pass.bad_samples;
  outputs.complete = pass.complete;
  const c10::InferenceMode inference;
  outputs.logits = torch::cat(logits);
  outputs.labels = torch::cat(labels);
  return outputs;
}

}  // namespace multipole

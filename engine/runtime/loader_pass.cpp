#include "engine/runtime/loader_pass.h"

#include <string>

#include "base/error.h"
#include "engine/runtime/batch_slices.h"

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

LoaderPass pass_over(VisionModel& model, Loader& loader, const Execution& execution, int64_t num_labels,
                     const std::atomic<bool>* stop,
                     const std::function<void(const Batch& batch, const torch::Tensor& logits)>& visit, Mirror mirror) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(execution);
  const bool was_training = model->is_training();
  model->eval();
  LoaderPass pass;
  loader.start_epoch(0);
  const auto next = [&] {
    auto batch = loader.next();
    if (batch && stop != nullptr && stop->load()) {
      pass.complete = false;
      batch.reset();
    }
    if (batch && num_labels > 0) check_labels(*batch, num_labels);
    return batch;
  };
  const auto answer = [&](const torch::Tensor& images) {
    return mirrored_logits(model, images.to(execution.device), mirror);
  };
  answer_stream(next, execution.device, answer, [&](const Batch& batch, const torch::Tensor& logits) {
    pass.bad_samples += static_cast<int64_t>(batch.bad.size());
    if (batch.size() > 0) visit(batch, logits);
  });
  model->train(was_training);
  return pass;
}

}  // namespace multipole

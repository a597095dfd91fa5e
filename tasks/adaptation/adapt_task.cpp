#include "tasks/adaptation/adapt_task.h"

#include <utility>

#include "engine/runtime/batch_paths.h"
#include "heads/metrics/shares.h"
#include "tasks/adaptation/adaptation_loss.h"
#include "tasks/attention_swap/picture_difference.h"

namespace multipole {
namespace {

// Exchanges what the tensors of these names hold.
void exchange(VisionModel& model, std::map<std::string, torch::Tensor>& values) {
  const torch::NoGradGuard no_grad;
  auto parameters = model->named_parameters();
  for (auto& [name, value] : values) {
    const auto own = parameters[name].clone();
    parameters[name].copy_(value);
    value.copy_(own);
  }
}

Json figures(const SwapComparison& sums, const std::string& prefix) {
  Json json = {{prefix + "block_error", number_or_null(sums.block_error())},
               {prefix + "patch_cosine", number_or_null(sums.patch_cosine())},
               {prefix + "embedding_cosine", number_or_null(sums.embedding_cosine())}};
  if (sums.has_answers()) json[prefix + "agreement"] = number_or_null(sums.agreement());
  return json;
}

}  // namespace

AdaptTask::AdaptTask(const AdaptationConfig& config, const Execution& execution, LoadedModel reference,
                     Loader& validation, const std::filesystem::path& best_path, const ModelMetadata& metadata)
    : config_(config),
      execution_(execution),
      reference_(std::move(reference)),
      validation_(validation),
      best_path_(best_path),
      metadata_(metadata) {
  prepare_inference(*reference_.model, execution);
}

void AdaptTask::start_from(const VisionModel& swapped) {
  initial_.clear();
  for (const auto& parameter : swapped->named_parameters()) {
    if (parameter->requires_grad()) initial_[parameter.key()] = parameter->detach().clone();
  }
}

torch::Tensor AdaptTask::loss(VisionModel& model, const torch::Tensor& images, const Batch&) {
  // the backbone itself stays in training, which is when it checkpoints
  for (const auto& part : model->backbone()->children()) part->eval();
  const bool blocks = config_.block_weight > 0, features = config_.feature_weight > 0 && epoch_ >= config_.block_epochs;
  torch::Tensor loss;
  BackboneOutput expected;
  if (blocks) {
    auto pass = reference_pass(reference_.model, model, images);
    expected = std::move(pass.features);
    loss = config_.block_weight * pass.block_error;
  } else {
    const torch::NoGradGuard no_grad;
    expected = reference_.model->backbone()->forward_all(images);
  }
  if (!features) return loss;
  const auto distance = config_.feature_weight * feature_distance(model->backbone()->forward_all(images), expected);
  return blocks ? loss + distance : distance;
}

AdaptTask::Comparison AdaptTask::compare(VisionModel& model, const std::atomic<bool>* stop) {
  Comparison found{.sums = SwapComparison(config_.size)};
  validation_.start_epoch(0);
  while (auto batch = validation_.next()) {
    if (stop != nullptr && stop->load()) {
      found.complete = false;
      break;
    }
    found.bad_samples += static_cast<int64_t>(batch->bad.size());
    if (batch->size() == 0) continue;
    found.sums.add(
        naming_files(*batch, [&] { return picture_difference(reference_.model, model, batch->images, execution_); }));
  }
  return found;
}

AdaptTask::Comparison AdaptTask::compare_before(VisionModel& model, const std::atomic<bool>* stop) {
  exchange(model, initial_);
  Comparison found = compare(model, stop);
  exchange(model, initial_);
  return found;
}

TaskEvaluation AdaptTask::evaluate(VisionModel& model, const ProcessGroup&, const std::atomic<bool>* stop) {
  TaskEvaluation evaluation;
  evaluation.complete = false;
  if (!before_) {
    auto before = compare_before(model, stop);
    if (!before.complete) return evaluation;
    before_ = std::move(before);
  }
  const Comparison found = compare(model, stop);
  evaluation.complete = found.complete;
  evaluation.score = found.sums.patch_cosine();
  evaluation.metrics = {{"samples", found.sums.pictures()}, {"bad_samples", found.bad_samples}};
  evaluation.metrics.update(figures(found.sums, ""));
  evaluation.metrics.update(figures(before_->sums, "before_"));
  return evaluation;
}

void AdaptTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

}  // namespace multipole

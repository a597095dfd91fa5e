#include "tasks/distillation/distill_task.h"

#include <cmath>
#include <utility>

#include "engine/runtime/loader_pass.h"
#include "heads/metrics/shares.h"
#include "tasks/distillation/explained_variance.h"

namespace multipole {

DistillTask::DistillTask(const Execution& execution, Teacher teacher, Loader& validation,
                         const std::filesystem::path& best_path, const ModelMetadata& metadata)
    : execution_(execution),
      teacher_(std::move(teacher)),
      validation_(validation),
      best_path_(best_path),
      metadata_(metadata) {}

torch::Tensor DistillTask::loss(VisionModel& model, const torch::Tensor& images, const Batch&) {
  return unexplained_variance(model->forward(images), teacher_.embeddings(images));
}

TaskEvaluation DistillTask::evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) {
  FeatureAgreement agreement(teacher_.embedding_dim());
  const LoaderPass pass = pass_over(model, validation_, execution_, /*num_labels=*/0, stop,
                                    [&](const Batch& batch, const torch::Tensor& own) {
                                      const auto images = batch.images.to(execution_.device);
                                      agreement.update(own, teacher_.embeddings(images));
                                    });
  agreement.sum_over(group);
  TaskEvaluation evaluation;
  evaluation.complete = group.sum(pass.complete ? 0.0 : 1.0) == 0;
  evaluation.score = agreement.explained_variance();
  evaluation.metrics = {{"samples", agreement.samples()},
                        {"bad_samples", std::llround(group.sum(static_cast<double>(pass.bad_samples)))},
                        {"explained_variance", number_or_null(agreement.explained_variance())},
                        {"cosine", number_or_null(agreement.cosine())}};
  return evaluation;
}

void DistillTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

}  // namespace multipole

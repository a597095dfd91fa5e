#include "tasks/segmentation/training/segment_task.h"

#include "tasks/segmentation/evaluation/segment_evaluator.h"
#include "tasks/segmentation/training/train_tile.h"

namespace multipole {

SegmentTask::SegmentTask(const Execution& execution, const SegmentationLoss& loss, Loader& validation,
                         const std::filesystem::path& best_path, const ModelMetadata& metadata)
    : execution_(execution), loss_(loss), validation_(validation), best_path_(best_path), metadata_(metadata) {}

torch::Tensor SegmentTask::loss(VisionModel& model, const torch::Tensor& images, const Batch& batch) {
  const auto masks = batch.masks.to(images.device(), torch::kLong);
  const auto whole = loss_(model->forward_all(images), masks);
  if (!takes_context(model)) return whole;
  const TrainTile tile = random_train_tile(model, images, masks);
  return (whole + loss_(forward_with_context(model, tile.images, tile.view, tile.origin), tile.masks)) / 2;
}

TaskEvaluation SegmentTask::evaluate(VisionModel& model, const ProcessGroup& group, const std::atomic<bool>* stop) {
  auto result = evaluate_segmenter(model, validation_, execution_, stop);
  result.sum_over(group);
  TaskEvaluation evaluation;
  evaluation.complete = result.complete;
  // what a model without numbers still gets right says nothing of it
  if (result.unknown_pixels == 0) evaluation.score = result.metrics.mean_iou();
  evaluation.metrics = {{"samples", result.samples},
                        {"miou", result.metrics.mean_iou()},
                        {"pixel_accuracy", result.metrics.pixel_accuracy()},
                        {"mean_accuracy", result.metrics.mean_accuracy()}};
  return evaluation;
}

void SegmentTask::save_best(const VisionModel& model, const Json& summary) {
  ModelMetadata metadata = metadata_;
  metadata.training.update(summary);
  save_model(best_path_, *model, metadata);
}

}  // namespace multipole

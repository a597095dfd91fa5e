#include "tasks/segmentation/evaluation/segment_evaluator.h"

#include <algorithm>
#include <cmath>

#include "engine/runtime/batch_paths.h"
#include "engine/runtime/side_by_side.h"
#include "heads/metrics/answers.h"
#include "heads/model/context.h"

namespace multipole {

namespace {

torch::Tensor scaled_copy(const torch::Tensor& images, double scale) {
  if (scale == 1.0) return images;
  const auto extent = [scale](int64_t pixels) {
    return std::max<int64_t>(1, std::llround(scale * static_cast<double>(pixels)));
  };
  return torch::_upsample_bilinear2d_aa(images, {extent(images.size(2)), extent(images.size(3))},
                                        /*align_corners=*/false);
}

// Probabilities of a copy at the picture's own size.
torch::Tensor copy_probabilities(VisionModel& model, const torch::Tensor& copy, ImageSize size) {
  const auto logits = model->head().forward(maps_of_whole(model, copy), size);
  return torch::softmax(logits.to(torch::kFloat), 1);
}

struct AnsweredBatch {
  Batch batch;
  torch::Tensor predictions;
  int64_t unknown_pixels = 0;
};

Answers predict(VisionModel& model, const torch::Tensor& images, const TestTimeAugmentation& copies) {
  const ImageSize size{images.size(2), images.size(3)};
  const auto answers = answers_of(copies.enabled() ? mean_probabilities(model, images, copies)
                                                   : model->head().forward(maps_of_whole(model, images), size),
                                  1);
  return {answers.labels.to(torch::kCPU, torch::kByte), answers.known.to(torch::kCPU)};
}

}  // namespace

torch::Tensor mean_probabilities(VisionModel& model, const torch::Tensor& images, const TestTimeAugmentation& copies) {
  const ImageSize size{images.size(2), images.size(3)};
  torch::Tensor sum;
  const auto add = [&sum](const torch::Tensor& part) { sum = sum.defined() ? sum + part : part; };
  for (const double scale : copies.scales) {
    const auto copy = scaled_copy(images, scale);
    add(copy_probabilities(model, copy, size));
    if (copies.flip) add(copy_probabilities(model, copy.flip({3}), size).flip({3}));
  }
  return sum / static_cast<double>(copies.scales.size() * (copies.flip ? 2 : 1));
}

void SegmenterEvaluation::sum_over(const ProcessGroup& group) {
  if (group.size() == 1) return;
  metrics.sum_over([&](torch::Tensor& counts) { group.sum(counts); });
  samples = std::llround(group.sum(static_cast<double>(samples)));
  bad_samples = std::llround(group.sum(static_cast<double>(bad_samples)));
  unknown_pixels = std::llround(group.sum(static_cast<double>(unknown_pixels)));
  complete = group.sum(complete ? 0.0 : 1.0) == 0;
}

SegmenterEvaluation evaluate_segmenter(VisionModel& model, Loader& loader, const Execution& execution,
                                       const std::atomic<bool>* stop, const SegmenterEvaluationOptions& options) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(execution);
  const bool was_training = model->is_training();
  model->eval();
  SegmenterEvaluation result{SegmentationMetrics(model->config().num_classes)};
  loader.start_epoch(0);
  const auto next = [&] {
    auto batch = loader.next();
    if (batch && stop != nullptr && stop->load()) {
      result.complete = false;
      batch.reset();
    }
    return batch;
  };
  const auto answer = [&](Batch& batch) -> AnsweredBatch {
    if (batch.size() == 0) return {std::move(batch), {}, {}};
    const Answers answers =
        naming_files(batch, [&] { return predict(model, batch.images.to(execution.device), options.copies); });
    const auto unknown = answers.known.logical_not();
    batch.images = torch::Tensor();  // which those that wait for their turn need not keep
    return {std::move(batch), answers.labels.masked_fill(unknown, kNoPrediction), unknown.sum().item<int64_t>()};
  };
  const auto count = [&](const AnsweredBatch& answered) {
    const Batch& batch = answered.batch;
    result.bad_samples += static_cast<int64_t>(batch.bad.size());
    if (batch.size() == 0) return;
    result.unknown_pixels += answered.unknown_pixels;
    result.metrics.update(answered.predictions, batch.masks);
    result.samples += batch.size();
    if (options.on_batch) options.on_batch(answered.predictions, batch);
    if (options.on_progress) options.on_progress(result.samples);
  };
  side_by_side<Batch, AnsweredBatch>(next, answer, count, most_at_once(execution.device));
  model->train(was_training);
  return result;
}

}  // namespace multipole

// A segmentation model's agreement with masks over one pass of a loader.
#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "datasets/loading/loader.h"
#include "engine/distributed/process_group.h"
#include "engine/runtime/execution.h"
#include "heads/metrics/segmentation_metrics.h"
#include "heads/model/model.h"

namespace multipole {

// Test-time augmentation: the class probabilities are averaged over copies of the picture.
struct TestTimeAugmentation {
  std::vector<double> scales = {1.0};  // factors of the picture's size
  bool flip = false;                   // each copy mirrored, too

  bool enabled() const { return flip || scales != std::vector<double>{1.0}; }
};

// images (B, 3, H, W) -> mean probabilities (B, num_classes, H, W) float.
torch::Tensor mean_probabilities(VisionModel& model, const torch::Tensor& images, const TestTimeAugmentation& copies);

// The prediction for a pixel whose scores are not finite numbers; no mask asks for it, so it is never right.
inline constexpr int64_t kNoPrediction = 255;

struct SegmenterEvaluation {
  SegmentationMetrics metrics;
  int64_t samples = 0;
  int64_t bad_samples = 0;     // unreadable, left out of everything
  int64_t unknown_pixels = 0;  // predicted as kNoPrediction
  bool complete = true;        // false where `stop` cut it short

  // Adds up what the processes of the group found, each in its share of the data.
  void sum_over(const ProcessGroup& group);
};

struct SegmenterEvaluationOptions {
  TestTimeAugmentation copies;
  // Called with each batch's predictions, (B, H, W) uint8 on the CPU (kNoPrediction where there is none), and the
  // batch.
  std::function<void(const torch::Tensor&, const Batch&)> on_batch;
  std::function<void(int64_t)> on_progress;  // with the samples done
};

// Streams the loader's epoch 0 through the model, which must be on the execution's device; its training mode is
// restored afterwards. Throws what the loader throws.
SegmenterEvaluation evaluate_segmenter(VisionModel& model, Loader& loader, const Execution& execution,
                                       const std::atomic<bool>* stop = nullptr,
                                       const SegmenterEvaluationOptions& options = {});

}  // namespace multipole

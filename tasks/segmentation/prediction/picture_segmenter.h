// The work behind Segmenter: plans each picture by the memory there is, runs the model over it, and tries again in
// smaller tiles where memory runs out.
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "engine/runtime/execution.h"
#include "tasks/segmentation/inference/inference_plan.h"
#include "tasks/segmentation/prediction/memory_budget.h"
#include "tasks/segmentation/prediction/segmenter.h"

namespace multipole {

class PictureSegmenter {
 public:
  // Measures what the model takes and, for the options' precision "auto", in which of the two that `execution` allows it
  // is faster. limit_bytes: for the whole process on a CPU, for the device elsewhere.
  PictureSegmenter(const LoadedModel& model, const Execution& execution, const SegmenterOptions& options,
                   double limit_bytes);

  const Execution& execution() const { return execution_; }
  const PrecisionTimes& precision_times() const { return precision_times_; }

  // All by several threads at once, with the meaning that they have for Segmenter.
  SegmentationRun segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer,
                          TileOptions tiles);
  SegmentationPlan plan(ImageSize size, const TileOptions& tiles, double held_beside);
  bool has_coarse_view() const { return has_coarse_view_; }

 private:
  PlanRequest request(ImageSize size, const TileOptions& tiles, double sink_bytes);
  // What the model is shown of the whole picture beside each of its tiles; reads `picture` to its end.
  CoarseView look_at(PictureRows& picture);
  torch::Tensor logits(const Images& tile, TileOrigin origin, const std::optional<CoarseView>& view);
  // The pictures on the device, with their validity where the model can make use of it.
  Images placed(const Images& images) const;
  // Leaves the plan also where the attempt fails.
  SegmentationRun attempt(const TileOptions& tiles, const PictureOpener& open, MapSink& sink,
                          const SegmentObserver& observer, SegmentationPlan& plan);

  VisionModel model_;  // its forward() changes nothing in it
  Normalizer normalizer_;
  Execution execution_;
  PrecisionTimes precision_times_;
  SegmenterOptions options_;
  double limit_bytes_;
  int64_t alignment_;
  bool takes_validity_, has_coarse_view_;
  ForwardCost cost_;
  MemoryBudget budget_;
};

}  // namespace multipole

#include "tasks/segmentation/prediction/picture_segmenter.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "engine/runtime/allocator.h"
#include "engine/runtime/out_of_memory.h"
#include "engine/runtime/process_memory.h"
#include "engine/runtime/side_by_side.h"
#include "engine/runtime/thread_count.h"
#include "tasks/inference/precision_choice.h"
#include "tasks/segmentation/inference/coarse_picture.h"

namespace multipole {
namespace {

constexpr const char* kSeesNoData =
    "the model's attention cannot leave out pixels without data: it sees them as the mean colour, and what borders on "
    "them may suffer";

constexpr int64_t kTimedSide = 256;  // pixels: of the tiles by which precisions are compared

constexpr int64_t kSmallestRetry = 128;  // pixels: smaller tiles save no memory to speak of

double resident_when_trimmed() {
  trim_freed_memory();  // what the picture before left is not held
  return static_cast<double>(resident_bytes());
}

// As many tiles as there are threads, and as what the plan leaves of the memory holds.
int tiles_at_once(const InferencePlan& plan, double limit_bytes, double bytes_of_each) {
  if (plan.is_whole() || at::in_parallel_region()) return 1;
  const double more = std::max(0.0, limit_bytes - plan.bytes) / bytes_of_each;
  return static_cast<int>(std::min<double>(at::get_num_threads(), 1 + std::floor(more)));
}

std::vector<int64_t> borders_of(const TileAxis& axis) {
  std::vector<int64_t> borders;
  for (size_t i = 0; i + 1 < axis.spans.size(); ++i) borders.push_back(axis.spans[i].final_end + axis.ramp / 2);
  return borders;
}

SegmentationPlan plan_of(const InferencePlan& chosen, const PlanRequest& request) {
  const TileGrid& grid = chosen.grid;
  return {.height = request.image_size.height,
          .width = request.image_size.width,
          .tile_rows = grid.rows.size(),
          .tile_columns = grid.columns.size(),
          .tile_height = grid.rows.longest(),
          .tile_width = grid.columns.longest(),
          .overlap = chosen.overlap,
          .row_borders = borders_of(grid.rows),
          .column_borders = borders_of(grid.columns),
          .bytes = chosen.bytes,
          .limit_bytes = request.limit_bytes,
          .fits = chosen.fits};
}

}  // namespace

PictureSegmenter::PictureSegmenter(const LoadedModel& model, const Execution& execution,
                                   const SegmenterOptions& options, double limit_bytes)
    : model_(model.model),
      normalizer_(config_from_json<Preprocessing>(model.metadata.preprocessing, "preprocessing")),
      execution_(execution),
      options_(options),
      limit_bytes_(limit_bytes),
      alignment_(model_->backbone()->feature_info().back().stride),
      takes_validity_(model_->backbone()->takes_validity()),
      has_coarse_view_(takes_context(model_)) {
  const ThreadCount threads(options.threads);
  const c10::InferenceMode inference;
  if (options.precision == "auto") {
    precision_times_ = choose_precision(model_, execution_,
                                        {.count = options.expected_pixels / (kTimedSide * kTimedSide),
                                         .batch_size = at::get_num_threads(),
                                         .channels = normalizer_.channels(),
                                         .height = kTimedSide,
                                         .width = kTimedSide});
  } else {
    prepare_inference(*model_, execution_);
  }
  cost_ =
      measure_forward_cost([this](const Images& tile, TileOrigin origin) { return logits(tile, origin, std::nullopt); },
                           normalizer_.channels());
}

Images PictureSegmenter::placed(const Images& images) const {
  const auto masses = pixel_masses(images);
  Images out(valid_pixels(images, masses).to(execution_.device));
  if (masses.defined() && takes_validity_) out.validity = masses.to(execution_.device);
  return out;
}

torch::Tensor PictureSegmenter::logits(const Images& tile, TileOrigin origin, const std::optional<CoarseView>& view) {
  const AutocastGuard autocast(execution_);
  const Images images = placed(tile);
  return view ? forward_with_context(model_, images, *view, origin).front() : model_->forward(images);
}

PlanRequest PictureSegmenter::request(ImageSize size, const TileOptions& tiles, double sink_bytes) {
  PlanRequest request;
  request.image_size = size;
  request.tiles = tiles;
  request.outputs = options_.outputs;
  request.alignment = alignment_;
  const bool is_bounded = model_->backbone()->is_bounded() && !model_->head().pools_picture();
  request.reach = is_bounded ? kLargestWhole : reach_of_training(model_->backbone()->image_size());
  request.limit_bytes = limit_bytes_;
  if (execution_.device.is_cpu()) {
    request.held_bytes = budget_.held_by_others(resident_when_trimmed);
    request.sink_bytes = sink_bytes;
  }
  return request;
}

SegmentationPlan PictureSegmenter::plan(ImageSize size, const TileOptions& tiles, double held_beside) {
  const PlanRequest wanted = request(size, tiles, held_beside);
  return plan_of(plan_inference(wanted, cost_), wanted);
}

CoarseView PictureSegmenter::look_at(PictureRows& picture) {
  const CoarsePicture coarse = read_coarse_picture(picture, model_->backbone()->image_size());
  const AutocastGuard autocast(execution_);
  Images shrunk(normalizer_(coarse.pixels).unsqueeze(0));
  if (coarse.validity.defined()) shrunk.validity = coarse.validity.unsqueeze(0);
  return coarse_view(model_, placed(shrunk), coarse.factor);
}

SegmentationRun PictureSegmenter::attempt(const TileOptions& tiles, const PictureOpener& open, MapSink& sink,
                                          const SegmentObserver& observer, SegmentationPlan& plan) {
  auto picture = open();
  const ImageSize size{picture->height(), picture->width()};
  const PlanRequest wanted = request(size, tiles, sink.held_bytes(size));
  const InferencePlan chosen = plan_inference(wanted, cost_);
  plan = plan_of(chosen, wanted);
  if (observer.planned) observer.planned(plan);
  // the plan is that of one tile at a time, so that the map does not depend on the number of threads
  const double each = bytes_of_tile_at_once(chosen.grid, cost_);
  const int at_once = tiles_at_once(chosen, limit_bytes_, each);
  const auto share =
      budget_.take(chosen.bytes + (at_once - 1) * each - wanted.held_bytes, limit_bytes_ - wanted.held_bytes);
  std::optional<CoarseView> view;
  if (has_coarse_view_ && (!chosen.is_whole() || views_whole(model_, size))) {
    picture.reset();  // two readers at once would hold twice what cannot be streamed
    view = look_at(*open());
    picture = open();
  }
  const DenseModel dense = [&](const Images& tile, TileOrigin origin) { return logits(tile, origin, view); };
  const TileProgress progress = [&](int64_t done, int64_t total) {
    if (observer.progress) observer.progress(done, total);
  };
  SegmentationRun run{.plan = plan, .precision = execution_.precision_name(), .notes = {}};
  run.no_data_pixels = segment_picture(*picture, dense, normalizer_, chosen.grid, options_.outputs, sink, progress,
                                       std::min(at_once, most_at_once(execution_.device)));
  run.notes = picture->notes();
  if (run.no_data_pixels > 0 && !takes_validity_) run.notes.emplace_back(kSeesNoData);
  return run;
}

SegmentationRun PictureSegmenter::segment(const PictureOpener& open, MapSink& sink, const SegmentObserver& observer,
                                          TileOptions tiles) {
  const ThreadCount threads(options_.threads);
  const c10::InferenceMode inference;
  for (;;) {
    SegmentationPlan plan;
    try {
      return attempt(tiles, open, sink, observer, plan);
    } catch (const std::exception& error) {
      const int64_t tile = plan.tile_width / 2;
      if (!is_out_of_memory(error) || tile < kSmallestRetry) throw;
      tiles = {.mode = TileMode::kFixed, .tile = tile, .overlap = {}};
      if (observer.retrying) observer.retrying();
    }
  }
}

}  // namespace multipole

#include "apps/segment/picture_segmenter.h"

#include <chrono>
#include <cmath>
#include <utility>

#include "apps/arguments/byte_size.h"
#include "base/error.h"
#include "base/text.h"
#include "datasets/pictures/picture_rows.h"
#include "engine/runtime/allocator.h"
#include "engine/runtime/out_of_memory.h"
#include "engine/runtime/process_memory.h"
#include "tasks/segmentation/inference/coarse_picture.h"

namespace multipole {
namespace {

constexpr size_t kMostClasses = 256;                           // of a map of bytes
constexpr int64_t kSmallestRetry = 128;                        // pixels: smaller tiles save no memory to speak of
constexpr int64_t kSmallTile = 1 << 18, kLargeTile = 1 << 21;  // pixels

ClassTable class_table(const ModelMetadata& metadata) {
  if (metadata.classes.size() > kMostClasses) {
    throw ModelFileError("the model has " + std::to_string(metadata.classes.size()) +
                         " classes; a label map holds at most " + std::to_string(kMostClasses));
  }
  return {metadata.classes, model_palette(metadata.palette)};
}

// Small pictures of all sizes leave holes that seldom fit the next one, and the blocks of large tiles are mapped one by
// one in any case. Between the two the same blocks come again with every tile and layer, and clearing their pages anew
// would nearly double the time.
void choose_allocation(const TileGrid& grid) {
  const TileSpan &y = grid.rows.spans.front(), &x = grid.columns.spans.front();
  const int64_t pixels = (y.end - y.begin) * (x.end - x.begin);
  if (pixels < kSmallTile || pixels > kLargeTile) {
    return_freed_memory();
  } else {
    keep_freed_memory();
  }
}

std::string plan_text(const InferencePlan& plan, ImageSize size, double limit) {
  const TileGrid& grid = plan.grid;
  std::string text = std::to_string(size.width) + " x " + std::to_string(size.height) + " pixels ";
  if (plan.is_whole()) {
    text += "whole";
  } else {
    text += "in " + std::to_string(grid.columns.size()) + " x " + std::to_string(grid.rows.size()) +
            " tiles of up to " + std::to_string(grid.columns.longest()) + " x " + std::to_string(grid.rows.longest()) +
            ", overlap " + std::to_string(plan.overlap);
  }
  text += ", about " + binary_byte_count(plan.bytes) + " of " + binary_byte_count(limit);
  if (!plan.fits) text += ": more than the limit, as --tile asks";
  return text;
}

double rounded(double share) { return std::round(share * 1e6) / 1e6; }

Json result_of(const NamedInput& input, const OutputNames& names, const PictureOutputs& outputs,
               const ClassTable& classes) {
  Json result = {{"path", input.path.string()}, {"map", names.map.string()}};
  if (!names.overlay.empty()) result["overlay"] = names.overlay.string();
  if (!names.legend.empty()) result["legend"] = names.legend.string();
  if (!names.probability.empty()) result["probability"] = names.probability.string();
  if (!names.uncertainty.empty()) result["uncertainty"] = names.uncertainty.string();
  result["classes"] = Json::array();
  const auto shares = outputs.shares();
  for (size_t i = 0; i < shares.size(); ++i) {
    result["classes"].push_back({{"class", classes.names[i]}, {"index", i}, {"share", rounded(shares[i])}});
  }
  return result;
}

}  // namespace

PictureSegmenter::PictureSegmenter(LoadedModel model, const Execution& execution, const SegmenterOptions& options)
    : loaded_(std::move(model)),
      options_(options),
      normalizer_(config_from_json<Preprocessing>(loaded_.metadata.preprocessing, "preprocessing")),
      execution_(execution),
      model_([this](const torch::Tensor& tile, TileOrigin origin) {
        const AutocastGuard autocast(execution_);
        const auto images = tile.to(execution_.device);
        if (!coarse_view_) return loaded_.model->forward(images);
        return forward_with_context(loaded_.model, images, *coarse_view_, origin).front();
      }),
      alignment_(loaded_.model->backbone()->feature_info().back().stride),
      classes_(class_table(loaded_.metadata)) {
  loaded_.model->to(execution.device);
  cost_ = measure_forward_cost(model_);
}

InferencePlan PictureSegmenter::plan(const PictureRows& picture, const TileOptions& tiles) const {
  PlanRequest request;
  request.image_size = {picture.height(), picture.width()};
  request.tiles = tiles;
  request.outputs = options_.outputs;
  request.alignment = alignment_;
  request.limit_bytes = options_.limit_bytes;
  if (execution_.device.is_cpu()) {
    trim_freed_memory();  // what the picture before left is not held
    request.held_bytes = static_cast<double>(resident_bytes());
  }
  return plan_inference(request, cost_);
}

void PictureSegmenter::take_coarse_view(const NamedInput& input) {
  const auto picture = open_picture_rows(input.path, options_.decode);
  const CoarsePicture coarse = read_coarse_picture(*picture, loaded_.model->backbone()->image_size());
  const AutocastGuard autocast(execution_);
  const auto shrunk = normalizer_(coarse.pixels).unsqueeze(0).to(execution_.device);
  coarse_view_ = coarse_view(loaded_.model, shrunk, coarse.factor);
}

Json PictureSegmenter::segment_with(const TileOptions& tiles, const NamedInput& input, const OutputNames& names,
                                    const Observer& observer) {
  const auto start = std::chrono::steady_clock::now();
  coarse_view_.reset();
  auto picture = open_picture_rows(input.path, options_.decode);
  const ImageSize size{picture->height(), picture->width()};
  const InferencePlan chosen = plan(*picture, tiles);
  choose_allocation(chosen.grid);
  observer.message(input.path.string() + ": " + plan_text(chosen, size, options_.limit_bytes));
  if (takes_context(loaded_.model) && !chosen.is_whole()) {
    picture.reset();  // two readers at once would hold twice what cannot be streamed
    take_coarse_view(input);
    picture = open_picture_rows(input.path, options_.decode);
  }
  PictureOutputs outputs(names, size, classes_, read_geo_tags(input.path));
  segment_picture(*picture, model_, normalizer_, chosen.grid, options_.outputs, outputs, observer.progress);
  outputs.commit();
  const auto notes = picture->notes();
  for (const auto& note : notes) observer.note(input.path.string() + ": note: " + note);
  Json result = result_of(input, names, outputs, classes_);
  result["width"] = size.width;
  result["height"] = size.height;
  result["tiles"] = chosen.grid.num_tiles();
  if (!notes.empty()) result["notes"] = notes;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result["seconds"] = std::round(seconds.count() * 1e3) / 1e3;
  return result;
}

Json PictureSegmenter::segment(const NamedInput& input, const OutputNames& names, const Observer& observer) {
  TileOptions tiles = options_.tiles;
  for (;;) {
    try {
      return segment_with(tiles, input, names, observer);
    } catch (const std::exception& error) {
      if (!is_out_of_memory(error)) throw;
      const auto picture = open_picture_rows(input.path, options_.decode);
      const int64_t tile = plan(*picture, tiles).grid.columns.longest() / 2;
      if (tile < kSmallestRetry) throw;
      tiles = {.mode = TileMode::kFixed, .tile = tile, .overlap = {}};
      observer.message(input.path.string() + ": out of memory, trying again with smaller tiles");
    }
  }
}

}  // namespace multipole

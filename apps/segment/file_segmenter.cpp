#include "apps/segment/file_segmenter.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "apps/arguments/byte_size.h"
#include "apps/segment/tile_check_output.h"
#include "base/error.h"
#include "engine/runtime/allocator.h"
#include "engine/runtime/process_memory.h"
#include "tasks/segmentation/agreement/tile_check.h"
#include "tasks/segmentation/prediction/map_in_memory.h"

namespace multipole {
namespace {

constexpr int64_t kSmallTile = 1 << 18, kLargeTile = 1 << 21;  // pixels
constexpr double kScratch = 1.1;  // tensors, and what kernels take beside them, over tensors: as plans have it

// Small pictures of all sizes leave holes that seldom fit the next one. Of larger tiles the same blocks come again with
// every tile and layer, and clearing their pages anew would nearly double the time. Of large tiles they are kept one by
// one, so that all together stay within what the plan says that the picture's tensors take.
void choose_allocation(const SegmentationPlan& plan) {
  const int64_t pixels = plan.tile_height * plan.tile_width;
  const double room = std::min(plan.bytes, plan.limit_bytes) - static_cast<double>(resident_bytes());
  keep_tensor_memory(pixels > kLargeTile ? static_cast<size_t>(std::max(0.0, room) / kScratch) : 0);
  if (pixels < kSmallTile || pixels > kLargeTile) {
    return_freed_memory();
  } else {
    keep_freed_memory();
  }
}

std::string plan_text(const SegmentationPlan& plan) {
  std::string text = std::to_string(plan.width) + " x " + std::to_string(plan.height) + " pixels ";
  if (plan.is_whole()) {
    text += "whole";
  } else {
    text += "in " + std::to_string(plan.tile_columns) + " x " + std::to_string(plan.tile_rows) + " tiles of up to " +
            std::to_string(plan.tile_width) + " x " + std::to_string(plan.tile_height) + ", overlap " +
            std::to_string(plan.overlap);
  }
  text += ", about " + binary_byte_count(plan.bytes) + " of " + binary_byte_count(plan.limit_bytes);
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
  if (!names.view.empty()) result["view"] = (names.view / "index.html").string();
  if (!names.vector.empty()) result["vector"] = names.vector.string();
  if (const auto regions = outputs.num_regions()) result["regions"] = *regions;
  result["classes"] = Json::array();
  const auto shares = outputs.shares();
  for (size_t i = 0; i < shares.size(); ++i) {
    Json line = {{"class", classes.names[i]},
                 {"index", i},
                 {"share", rounded(shares[i])},
                 {"pixels", outputs.areas().pixels(i)}};
    if (const auto area = outputs.areas().square_metres(i)) line["area_m2"] = *area;
    result["classes"].push_back(std::move(line));
  }
  return result;
}

// The picture's files, made anew whenever it is begun, and its map where a check of its tiles needs that.
class FileSink : public MapSink {
 public:
  FileSink(const NamedInput& input, const OutputNames& names, const ClassTable& classes, const VectorOptions& vector)
      : input_(input), names_(names), classes_(classes), vector_(vector) {}

  double held_bytes(ImageSize size) const override {
    return names_.view.empty() ? 0 : MapView::held_bytes(size, !names_.uncertainty.empty());
  }
  void begin(int64_t height, int64_t width) override {
    outputs_.reset();
    outputs_ = std::make_unique<PictureOutputs>(names_, ImageSize{height, width}, classes_, read_geo_tags(input_.path),
                                                vector_);
    if (keeps_map_) map_.begin(height, width);
  }
  void write(const MapBand& band) override {
    outputs_->write(band);
    if (keeps_map_) map_.write(band);
  }
  void keep_map(bool keeps) { keeps_map_ = keeps; }
  PictureOutputs& outputs() { return *outputs_; }
  const torch::Tensor& map() const { return map_.classes(); }

 private:
  const NamedInput& input_;
  const OutputNames& names_;
  const ClassTable& classes_;
  const VectorOptions& vector_;
  std::unique_ptr<PictureOutputs> outputs_;
  MapInMemory map_{MapOutputs{}};
  bool keeps_map_ = false;
};

}  // namespace

FileSegmenter::FileSegmenter(const Segmenter& segmenter, const VectorOptions& vector)
    : segmenter_(segmenter), classes_{segmenter.classes(), segmenter.palette()}, vector_(vector) {}

Json FileSegmenter::segment(const NamedInput& input, const OutputNames& names, const Observer& observer) const {
  const auto start = std::chrono::steady_clock::now();
  const std::string path = input.path.string();
  FileSink sink(input, names, classes_, vector_);
  TileCheck check(segmenter_);
  SegmentObserver told;
  told.planned = [&](const SegmentationPlan& plan) {
    choose_allocation(plan);
    observer.message(path + ": " + plan_text(plan));
    if (names.tile_check.empty()) return;
    check.begin(plan);
    sink.keep_map(check.needs_map());
  };
  told.retrying = [&] { observer.message(path + ": out of memory, trying again with smaller tiles"); };
  told.progress = observer.progress;
  const SegmentationRun run = segmenter_.segment(input.path, sink, told);
  Json checked;
  if (!names.tile_check.empty()) {
    const ImageSize size{run.plan.height, run.plan.width};
    const PictureOpener open = [&] { return open_picture_rows(input.path, segmenter_.decode()); };
    const TileCheckResult found = check.run(open, sink.map(), observer.progress);
    observer.message(path + ": " + tile_check_text(found, size));
    checked = tile_check_json(found, size, classes_.names, segmenter_.has_coarse_view());
    write_difference(names.tile_check, found, size);
  }
  sink.outputs().commit();
  for (const auto& note : run.notes) observer.note(path + ": note: " + note);
  Json result = result_of(input, names, sink.outputs(), classes_);
  result["width"] = run.plan.width;
  result["height"] = run.plan.height;
  result["tiles"] = run.plan.num_tiles();
  if (!checked.is_null()) {
    checked["picture"] = names.tile_check.string();
    result["tile_check"] = checked;
  }
  if (run.no_data_pixels > 0) result["no_data_pixels"] = run.no_data_pixels;
  if (!run.notes.empty()) result["notes"] = run.notes;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result["seconds"] = std::round(seconds.count() * 1e3) / 1e3;
  return result;
}

}  // namespace multipole

#include "tasks/segmentation/agreement/tile_check.h"

#include <algorithm>
#include <memory>

#include "tasks/segmentation/prediction/map_in_memory.h"

namespace multipole {
namespace {

constexpr TileOptions kWhole = {.mode = TileMode::kNone};
constexpr int64_t kLeastTile = 128;      // pixels: in smaller ones no model sees much
constexpr int64_t kMapsHeld = 3;         // of what is compared: two, and where they differ
constexpr int64_t kRowsAtOnce = 64;      // of the comparison
constexpr double kSmaller = 15.0 / 16.0;  // what does not fit is tried so much smaller

double map_bytes(int64_t height, int64_t width) {
  return static_cast<double>(kMapsHeld) * static_cast<double>(height) * static_cast<double>(width);
}

struct KeptMap {
  torch::Tensor classes;
  SegmentationPlan plan;
};

class CountedMap : public MapInMemory {
 public:
  CountedMap() : MapInMemory(MapOutputs{}) {}
  double held_bytes(ImageSize size) const override { return map_bytes(size.height, size.width); }
};

KeptMap map_of(const Segmenter& segmenter, const PictureOpener& open, const TileOptions& tiles,
               const std::function<void(int64_t, int64_t)>& progress) {
  CountedMap kept;
  SegmentObserver observer;
  observer.progress = progress;
  SegmentationRun run = segmenter.segment(open, kept, observer, tiles);
  return {kept.classes(), std::move(run.plan)};
}

// The values of PixelDifference of some rows; `distances` as of border_distances().
torch::Tensor difference_of(const torch::Tensor& tiles, const torch::Tensor& whole, const torch::Tensor& distances) {
  torch::Tensor difference = torch::where(distances.eq(0), uint8_t{kTileBorder}, uint8_t{kAlike}).to(torch::kUInt8);
  difference.masked_fill_(tiles.ne(whole), uint8_t{kDiffers});
  return difference.masked_fill_(tiles.eq(kNoDataClass) | whole.eq(kNoDataClass), uint8_t{kNotCompared});
}

}  // namespace

TileOptions TileCheck::tiles_for(const SegmentationPlan& plan) const {
  const TileOptions& asked = segmenter_.tiles();
  if (asked.mode == TileMode::kFixed) return asked;
  const int64_t longer = std::max(box_.height, box_.width), tile = std::max(plan.tile_height, plan.tile_width);
  if (!plan.is_whole() && tile < longer) return {.mode = TileMode::kFixed, .tile = tile, .overlap = plan.overlap};
  return {.mode = TileMode::kFixed, .tile = std::max(kLeastTile, (longer + 1) / 2), .overlap = asked.overlap};
}

void TileCheck::begin(const SegmentationPlan& plan) {
  picture_ = plan;
  not_checked_.clear();
  for (double factor = 1;; factor *= kSmaller) {
    const auto part = [factor](int64_t side) {
      return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(side) * factor));
    };
    box_.height = part(plan.height);
    box_.width = part(plan.width);
    const bool fits =
        segmenter_.plan({box_.height, box_.width}, kWhole, map_bytes(box_.height, box_.width)).fits;
    is_whole_ = factor == 1;
    if (fits || std::max(box_.height, box_.width) <= kLeastTile) break;
  }
  box_.row = (plan.height - box_.height) / 2;
  box_.column = (plan.width - box_.width) / 2;
  tiles_ = tiles_for(plan);
  if (std::max(box_.height, box_.width) <= tiles_.tile) {
    not_checked_ = is_whole_ ? "it fits into one tile" : "no part that memory holds whole is larger than one tile";
  }
}

TileCheckResult TileCheck::run(const PictureOpener& open, const torch::Tensor& map,
                               const std::function<void(int64_t, int64_t)>& progress) const {
  TileCheckResult result;
  result.box = box_;
  result.not_checked = not_checked_;
  if (!not_checked_.empty()) return result;
  const PictureOpener part = [&] { return is_whole_ ? open() : part_of(open(), box_); };
  const bool has_whole = is_whole_ && picture_.is_whole(), has_tiles = is_whole_ && !picture_.is_whole();
  const KeptMap whole = has_whole ? KeptMap{map, picture_} : map_of(segmenter_, part, kWhole, progress);
  const KeptMap tiles = has_tiles ? KeptMap{map, picture_} : map_of(segmenter_, part, tiles_, progress);
  if (!whole.plan.is_whole()) {
    result.not_checked = "memory did not hold the whole";
    return result;
  }
  result.plan = tiles.plan;
  result.agreement.emplace(static_cast<int64_t>(segmenter_.classes().size()));
  result.difference = torch::empty({box_.height, box_.width}, torch::kUInt8);
  const TileBorders borders{tiles.plan.row_borders, tiles.plan.column_borders};
  for (int64_t row = 0; row < box_.height; row += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, box_.height - row);
    const torch::Tensor distances = border_distances(borders, row, rows, box_.width);
    const torch::Tensor one = tiles.classes.narrow(0, row, rows), other = whole.classes.narrow(0, row, rows);
    result.agreement->add(one, other, distances);
    result.difference.narrow(0, row, rows).copy_(difference_of(one, other, distances));
  }
  return result;
}

}  // namespace multipole

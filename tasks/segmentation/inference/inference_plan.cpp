#include "tasks/segmentation/inference/inference_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace multipole {
namespace {

// What kAuto tries, in pixels.
constexpr int64_t kTiles[] = {8192, 6144, 4096, 3072, 2048, 1536, 1024, 768, 512, 384, 256};

InferencePlan plan_grid(const PlanRequest& request, const ForwardCost& cost, TileGrid grid, int64_t overlap) {
  InferencePlan plan;
  plan.bytes = request.held_bytes + request.sink_bytes + segmentation_bytes(grid, cost, request.outputs);
  plan.grid = std::move(grid);
  plan.overlap = overlap;
  plan.fits = plan.bytes <= request.limit_bytes;
  return plan;
}

InferencePlan plan_whole(const PlanRequest& request, const ForwardCost& cost) {
  return plan_grid(request, cost, whole_picture_grid(request.image_size), 0);
}

// In the words of the options that gave the shape.
void check_options(const TileShape& shape) {
  const int64_t least = shape.smallest_tile();
  if (shape.tile >= least) return;
  const std::string advice = shape.tile >= shape.alignment ? " or more, or a smaller --overlap" : " or more";
  throw ConfigError("--tile " + std::to_string(shape.tile) + " is too small: with an overlap of " +
                    std::to_string(shape.overlap) + " pixels tiles need at least " + std::to_string(least) +
                    "; give --tile " + std::to_string(least) + advice);
}

InferencePlan plan_tiles(const PlanRequest& request, const ForwardCost& cost, int64_t tile) {
  const int64_t overlap = request.tiles.overlap.value_or(default_overlap(tile));
  const TileShape shape{.tile = tile, .overlap = overlap, .alignment = request.alignment};
  check_options(shape);
  return plan_grid(request, cost, make_tile_grid(request.image_size, shape), overlap);
}

std::string megabytes(double bytes) { return std::to_string(static_cast<int64_t>(bytes / (1 << 20)) + 1) + " MiB"; }

}  // namespace

int64_t reach_of_training(int64_t image_size) {
  constexpr int64_t kLeast = 768, kTimes = 2;
  return std::max(kLeast, kTimes * image_size);
}

InferencePlan plan_inference(const PlanRequest& request, const ForwardCost& cost) {
  if (request.tiles.mode == TileMode::kFixed) return plan_tiles(request, cost, request.tiles.tile);
  InferencePlan plan = plan_whole(request, cost);
  const int64_t side = std::max(request.image_size.height, request.image_size.width);
  if (request.tiles.mode == TileMode::kNone || (plan.fits && side <= request.reach)) return plan;
  bool has_tiles = false;
  for (const int64_t tile : kTiles) {
    if (tile > request.reach) continue;
    if (tile / 2 < request.tiles.overlap.value_or(0) + request.alignment) break;
    has_tiles = true;
    plan = plan_tiles(request, cost, tile);
    if (plan.fits) return plan;
  }
  if (!has_tiles && plan.fits) return plan;
  throw MemoryLimitError("a picture of " + std::to_string(request.image_size.width) + " x " +
                         std::to_string(request.image_size.height) + " needs about " + megabytes(plan.bytes) +
                         " even in the smallest tiles, and the limit is " + megabytes(request.limit_bytes) +
                         ": raise --memory-limit or choose --tile yourself");
}

}  // namespace multipole

// Whole picture or tiles, chosen by the memory that there is.
#pragma once

#include <cstdint>
#include <limits>

#include "base/error.h"
#include "tasks/segmentation/inference/memory_cost.h"
#include "tasks/segmentation/inference/tile_grid.h"
#include "tasks/segmentation/inference/tile_options.h"

namespace multipole {

struct PlanRequest {
  ImageSize image_size;
  TileOptions tiles;
  MapOutputs outputs;
  int64_t alignment = 1;                                // tiles begin at multiples of it
  int64_t reach = std::numeric_limits<int64_t>::max();  // kAuto: pixels a side at most, of tiles and of whole pictures
  double held_bytes = 0;                                // what the process holds already, the open picture included
  double sink_bytes = 0;                                // what the sink will hold of the picture
  double limit_bytes = 0;                               // for the whole process
};

struct InferencePlan {
  TileGrid grid;
  int64_t overlap = 0;  // between tiles, pixels
  double bytes = 0;     // estimated peak of the whole process
  bool fits = true;     // within the limit; may be false only where the user chose the tile

  bool is_whole() const { return grid.num_tiles() == 1; }
};

// One picture takes more than the limit, in whatever tiles.
class MemoryLimitError : public ResourceError {
 public:
  using ResourceError::ResourceError;
};

// How many pixels a side a model is used on at once where nobody asks for more: twice the side that its backbone was
// made for, 768 at least. Far beyond, its maps of wholes are worse than those of tiles (docs/high_resolution.md),
// unless its backbone is bounded and its head pools no picture.
int64_t reach_of_training(int64_t image_size);

// The same for a model whose wholes are right at any size: larger ones take gigabytes and gain nothing over tiles of
// this.
inline constexpr int64_t kLargestWhole = 4096;

// kAuto: the whole picture where it fits the limit and lies within reach, else the largest tiles that do; the whole
// where the overlap leaves no tile within reach. Throws MemoryLimitError where not even the smallest tile fits,
// ConfigError for a tile that cannot hold its overlap.
InferencePlan plan_inference(const PlanRequest& request, const ForwardCost& cost);

}  // namespace multipole

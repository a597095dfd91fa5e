// The label map of one picture, whole or by tiles, in one pass from the top down.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

#include "datasets/pictures/picture_rows.h"
#include "datasets/pictures/preprocessing.h"
#include "heads/model/context.h"
#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/inference/tile_grid.h"

namespace multipole {

// Any dense classifier: a normalised tile (1, 3, h, w), float32 on the CPU, where some of its pixels hold no data their
// validity (1, h, w) too, and where it begins -> logits (1, num_classes, h, w), any floating type and device.
using DenseModel = std::function<torch::Tensor(const Images& tile, TileOrigin origin)>;

// Told after every tile; may throw to stop.
using TileProgress = std::function<void(int64_t done, int64_t total)>;

// tiles_at_once: how many tiles the calling thread's threads may work on side by side, each by a thread of its own; the
// map is the same, and progress and the sink are called by the calling thread in either case.
//
// Reads `picture` to its end and writes the bands of the map to `sink`. The grid is the picture's (make_tile_grid,
// whole_picture_grid). Besides what the model needs for a tile, memory holds the tile row's pixels and labels and the
// logits of one ramp across the picture. Throws Error where the largest logit of a pixel is not a finite number.
// Pixels that hold no data (PictureRows::read_validity) get kNoDataClass, whatever the model says of them; it is not
// run on tiles of nothing else. Returns how many there are.
int64_t segment_picture(PictureRows& picture, const DenseModel& model, const Normalizer& normalizer,
                        const TileGrid& grid, const MapOutputs& outputs, MapSink& sink, const TileProgress& progress,
                        int tiles_at_once = 1);

}  // namespace multipole

// What a picture's segmentation costs in memory, before it is done.
#pragma once

#include <cstdint>

#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/inference/segment_picture.h"
#include "tasks/segmentation/inference/tile_grid.h"

namespace multipole {

// Bytes of one forward pass, its input and logits included: fixed + per_pixel * pixels.
struct ForwardCost {
  double fixed = 0;
  double per_pixel = 0;
  int64_t num_classes = 0;
  int64_t channels = 3;  // of the pictures

  double bytes(int64_t pixels) const { return fixed + per_pixel * static_cast<double>(pixels); }
};

// Runs the model on two small pictures and counts; activations grow with the pixels. A tenth is added for the scratch
// memory that the count does not see.
ForwardCost measure_forward_cost(const DenseModel& model, int64_t channels = 3);

// Bytes at the peak of segment_picture() over `grid` beyond what the program holds before, its open picture included.
double segmentation_bytes(const TileGrid& grid, const ForwardCost& cost, const MapOutputs& outputs);

// What each tile that is worked on beside another adds to that: its forward pass, and its logits until their turn
// comes.
double bytes_of_tile_at_once(const TileGrid& grid, const ForwardCost& cost);

}  // namespace multipole

// Joins the logits of overlapping tiles and decides each pixel's class as soon as its last tile is done. It keeps, in
// logits, the ramp to the right of the tile before and the ramp below the tile row before; everything else is bytes.
//
// Where two tiles meet, logits = earlier + w (later - earlier): the windows sum to one, and where both tiles agree the
// result is exactly theirs.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "tasks/segmentation/inference/map_sink.h"
#include "tasks/segmentation/inference/tile_grid.h"

namespace multipole {

class TileStitcher {
 public:
  TileStitcher(const TileGrid& grid, const MapOutputs& outputs);

  // `logits` is (num_classes, h, w), floating point on the CPU, of the tile at (row, column) of the grid; tiles come
  // row by row from left to right. May change `logits`.
  void add(int64_t row, int64_t column, torch::Tensor logits);

  // In place of add() for a tile that holds no data: where it is seen, the map means nothing.
  void skip(int64_t row, int64_t column);

  // The rows that the tile row finished, `pixels` and `validity` undefined. To be called after the last tile of each
  // row.
  MapBand take_band(int64_t row);

 private:
  void start_row(int64_t row);
  void decide(const torch::Tensor& logits, int64_t first_column);

  TileGrid grid_;
  MapOutputs outputs_;
  torch::Tensor row_weights_, column_weights_;  // (1, ramp, 1), (1, 1, ramp)
  torch::Tensor right_;                         // (num_classes, h, ramp) of the tile to the left; undefined if skipped
  torch::Tensor below_;                         // (num_classes, ramp, W) of the tile row above
  MapBand band_;
};

}  // namespace multipole

// A picture cut into square tiles, at its own size and at every half of it until one tile holds it all. Rows come from
// the top down; memory holds one row of tiles for each level, whatever the picture's height.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "heads/head.h"

namespace multipole {

// Level 0 is one tile; the last level is the picture itself.
struct TilePlace {
  int64_t level = 0, column = 0, row = 0;
};

// The sizes of the levels, the smallest first. A level has half the sides of the one after it, rounded up.
std::vector<ImageSize> pyramid_levels(ImageSize size, int64_t tile_side);

// Of all levels, the smallest first.
void for_each_tile(ImageSize size, int64_t tile_side, const std::function<void(const TilePlace& place)>& visit);
int64_t count_pyramid_tiles(ImageSize size, int64_t tile_side);

class TilePyramid {
 public:
  using Halve = std::function<torch::Tensor(const torch::Tensor& rows)>;
  // `tile`: uint8 (h, w ...), h and w smaller than the side only at the right and the lower border. It is a view of
  // memory that is written to afterwards.
  using TileSink = std::function<void(const TilePlace& place, const torch::Tensor& tile)>;

  // `tile_side`: even.
  TilePyramid(ImageSize size, int64_t tile_side, Halve halve, TileSink sink);

  // uint8 (rows, W ...), any number of rows, always as many channels. With the picture's last row the last tiles go
  // out.
  void write(const torch::Tensor& rows);

  bool is_complete() const { return levels_.front().num_done == levels_.front().size.height; }

 private:
  struct Level {
    ImageSize size;
    torch::Tensor rows;    // one row of tiles
    int64_t num_held = 0;  // of these
    int64_t num_done = 0;  // rows that were passed on
  };

  void add(size_t level, const torch::Tensor& rows);
  // The tiles of the rows held, and those rows, halved, to the level before.
  void pass_on(size_t level);

  int64_t tile_side_;
  Halve halve_;
  TileSink sink_;
  std::vector<Level> levels_;
};

}  // namespace multipole

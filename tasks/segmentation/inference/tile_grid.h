// Where the tiles of a large picture lie. Along an axis, tile i covers [i * step, i * step + step + overlap) and the
// last one ends with the picture. Of the `overlap` pixels that two neighbours share, the outer quarter at either side
// is context only (a model sees less well at the border of what it is shown); over the half between, the `ramp`, the
// earlier tile fades out as the later one fades in. At the picture's own border nothing fades.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heads/head.h"

namespace multipole {

// All in pixels. Tiles begin at multiples of `alignment` (the stride of the coarsest feature map), so that their tokens
// are those of the whole picture.
struct TileShape {
  int64_t tile = 1024;
  int64_t overlap = 128;
  int64_t alignment = 1;

  // The largest distance between the beginnings of neighbours.
  int64_t max_step() const { return (tile - overlap) / alignment * alignment; }
  // The smallest tile that is allowed with this overlap.
  int64_t smallest_tile() const;
  // Throws ConfigError where neighbours would overlap by more than half a tile.
  void validate(const std::string& where) const;
};

// Positions along an axis, in pixels of the picture.
struct TileSpan {
  int64_t begin = 0, end = 0;              // what the model sees
  int64_t used_begin = 0, used_end = 0;    // what counts of it: without the context
  int64_t final_begin = 0, final_end = 0;  // what is final once this tile is done: without the ramp to the next
};

struct TileAxis {
  std::vector<TileSpan> spans;
  int64_t ramp = 0;

  int64_t size() const { return static_cast<int64_t>(spans.size()); }
  // Pixels of the longest span.
  int64_t longest() const;
};

// The fewest tiles of at most shape.tile pixels that cover `extent`, all but the last of one size. One tile where the
// picture fits it.
TileAxis make_tile_axis(int64_t extent, const TileShape& shape);

struct TileGrid {
  TileAxis rows, columns;

  int64_t num_tiles() const { return rows.size() * columns.size(); }
};

TileGrid make_tile_grid(ImageSize image_size, const TileShape& shape);
// One tile, the picture.
TileGrid whole_picture_grid(ImageSize image_size);

// (ramp) the later tile's weights across a ramp, rising evenly from 1 / (2 ramp) to 1 - 1 / (2 ramp); the earlier
// tile's are what is missing to one.
torch::Tensor ramp_weights(int64_t ramp);

}  // namespace multipole

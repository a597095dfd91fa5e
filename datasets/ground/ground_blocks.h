// Large rasters as blocks of ground, which are dealt out to training and validation: neighbouring pixels are alike, so
// that a cut pixel by pixel or window by window would measure a model on what it has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datasets/codecs/crop_box.h"

namespace multipole {

struct RasterSize {
  int64_t height = 0, width = 0;
};

struct GroundBlock {
  size_t raster = 0;  // its place among the rasters
  CropBox box;
};

// The largest of 1024, 512, 256 and 128 pixels that cuts the rasters into at least 24 blocks together; 128 where none
// does.
int64_t choose_block_side(const std::vector<RasterSize>& rasters);

// The raster in rows and columns of blocks whose sides are as near to `side` as equal parts can be, and differ by a
// pixel at most.
std::vector<GroundBlock> cut_into_blocks(const std::vector<RasterSize>& rasters, int64_t side);

// Those blocks that are not held out, without the pixels that lie within `gap` rows and columns of a block that is;
// none of a block of which nothing is left.
std::vector<GroundBlock> blocks_apart(const std::vector<GroundBlock>& blocks, const std::vector<bool>& held_out,
                                      int64_t gap);

}  // namespace multipole

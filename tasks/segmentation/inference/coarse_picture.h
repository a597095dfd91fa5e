// A large picture small enough to be seen at once.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "datasets/pictures/picture_rows.h"

namespace multipole {

struct CoarsePicture {
  torch::Tensor pixels;    // (h, w, 3) uint8, each the mean of what holds data in a block of factor x factor pixels
  torch::Tensor validity;  // (h, w) bool, whether anything does; undefined where all do
  int64_t factor = 1;
};

// Reads `picture` to its end; its sides become at most `max_side` pixels by the smallest factor that does.
CoarsePicture read_coarse_picture(PictureRows& picture, int64_t max_side);

}  // namespace multipole

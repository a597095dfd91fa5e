// Affine warps of RGB pictures.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace multipole {

using FillColor = std::vector<uint8_t>;  // a byte for each channel; none: black

// The source point of the output's point (x, y), both measured from the picture's centre, in pixels:
//   x' = xx * x + xy * y + dx,   y' = yx * x + yy * y + dy
struct AffineMap {
  double xx = 1, xy = 0, dx = 0;
  double yx = 0, yy = 1, dy = 0;
};

// Bilinear, between places of 1/32 pixel; whatever lies outside of the picture has the colour `fill`.
// (H, W, 3) uint8 contiguous, at most 32766 pixels a side -> the same shape.
torch::Tensor warp_affine(const torch::Tensor& image, const AffineMap& map, const FillColor& fill);

}  // namespace multipole

// A feature map as a picture that shows what belongs together.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

// The first three principal components of a map's tokens as red, green and blue, each from its least value to its
// largest: map (C, h, w) -> (height, width, 3) uint8, bilinear between tokens. Oquab et al., DINOv2, arXiv 2304.07193,
// figure 1, without its mask of the foreground. A component's sign, which is free, is such that its largest entry is
// positive; components that the map has not (fewer than four tokens or channels, tokens all alike) are gray.
torch::Tensor principal_components_picture(const torch::Tensor& map, int64_t height, int64_t width);

}  // namespace multipole

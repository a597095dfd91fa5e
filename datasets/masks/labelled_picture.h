// A picture with the colours of its labels laid over it.
#pragma once

#include <torch/types.h>

#include <vector>

#include "datasets/pictures/palette.h"

namespace multipole {

// The picture (H, W, C; of bands the shown ones) with the colours of its labels (H, W) laid over it half and half, all
// uint8 and contiguous; ignored pixels (255) stay as they are. A label beyond the palette is black.
torch::Tensor labelled_picture(const torch::Tensor& image, const torch::Tensor& labels,
                               std::vector<PaletteColor> palette);

}  // namespace multipole

// Which pixels of a raster hold data.
#pragma once

#include <torch/types.h>

#include <vector>

#include "datasets/rasters/raster.h"

namespace multipole {

inline constexpr const char* kNoNumberNote = "NaN or infinite pixels are taken for pixels without data";

struct Validity {
  torch::Tensor valid;         // (rows, width) bool; undefined where all are
  bool met_no_number = false;  // NaN or infinity, though the raster does not say that it stands for none
};

// numbers: (rows, width, C) float64 contiguous. covers: (rows, width) float64 each, 0 where there is no data; undefined
// ones count for nothing.
Validity validity_of(const torch::Tensor& numbers, const RasterHeader& header,
                     const std::vector<torch::Tensor>& covers);

}  // namespace multipole

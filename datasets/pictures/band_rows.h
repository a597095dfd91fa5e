// Chosen bands of a raster behind the interface of rows.
#pragma once

#include <memory>
#include <string>

#include "datasets/pictures/picture_rows.h"
#include "datasets/rasters/raster.h"

namespace multipole {

// (count, width, C) uint8: numbers as `scaling` makes bytes of them. Throws InputError where it is not for such
// rasters.
std::unique_ptr<PictureRows> band_rows(std::unique_ptr<Raster> raster, const BandScaling& scaling,
                                       const std::string& name);

// The rows of `pixels`, whose validity is that of `raster`, of the same size.
std::unique_ptr<PictureRows> rows_with_validity(std::unique_ptr<PictureRows> pixels, std::unique_ptr<Raster> raster);

// All rows at once.
DecodedImage read_all(PictureRows& rows);

// All rows of a raster, of which only the validity is wanted.
torch::Tensor validity_of_all(Raster& raster);

}  // namespace multipole

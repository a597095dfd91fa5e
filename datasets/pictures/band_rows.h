// Chosen bands of a raster behind the interface of rows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/pictures/picture_rows.h"
#include "datasets/rasters/raster.h"

namespace multipole {

// Opens the raster with such bands, all where none is named.
using RasterOpener = std::function<std::unique_ptr<Raster>(const std::vector<int64_t>& bands)>;

// (count, width, C) uint8: the chosen bands' numbers as `scaling` makes bytes of them. Throws InputError where it is not
// for such rasters.
std::unique_ptr<PictureRows> band_rows(const RasterOpener& open, const BandScaling& scaling, const std::string& name);

// The rows of `pixels`, whose validity is that of `raster`, of the same size.
std::unique_ptr<PictureRows> rows_with_validity(std::unique_ptr<PictureRows> pixels, std::unique_ptr<Raster> raster);

// All rows at once.
DecodedImage read_all(PictureRows& rows);

// All rows of a raster, of which only the validity is wanted.
torch::Tensor validity_of_all(Raster& raster);

}  // namespace multipole

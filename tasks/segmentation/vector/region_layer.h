// How the regions of a map are placed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/pictures/palette.h"
#include "datasets/vector/georeference.h"
#include "datasets/vector/region_writer.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {

// Throws InputError where the coordinates need a georeference that the raster lacks, and ConfigError where they need
// PROJ.
RegionLayer make_region_layer(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                              VectorCoordinates coordinates, const std::optional<Georeference>& georeference);

}  // namespace multipole

// How large a picture's pixels are on the ground.
#pragma once

#include <optional>

#include "datasets/pictures/geo_tiff.h"

namespace multipole {

// Metres along a pixel's side, the mean of both sides. Of geographic coordinates: in the middle of a picture of
// `height` rows, on a sphere. Nothing where the tags give no scale, or are in units that they do not name.
std::optional<double> metres_per_pixel(const GeoTags& tags, int64_t height);

}  // namespace multipole

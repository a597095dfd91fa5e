// What rings enclose.
#pragma once

#include "datasets/regions/region.h"

namespace multipole {

// Of a ring along the sides of pixels, in pixels: above zero for an outline, below for a hole (region.h).
int64_t enclosed_pixels(const CornerRing& ring);

// Puts the outline of a region first. Throws std::logic_error unless there is exactly one.
void put_outline_first(std::vector<CornerRing>& rings);

}  // namespace multipole

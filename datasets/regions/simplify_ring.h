// Outlines of fewer corners.
#pragma once

#include "datasets/regions/region.h"

namespace multipole {

// Corners of `ring` from which the rest lies no further than `tolerance` pixels (Douglas and Peucker 1973), but for
// those that OpenCV's approxPolyDP leaves out at the end, which are up to sqrt(0.5) of it off the line between their
// neighbours: 1.71 times the tolerance in all. The ring stays as it is where fewer than three would be left or it would
// turn around. Each ring by itself: the common border of two regions may part, and a hole may come to cross its
// outline.
CornerRing simplified(const CornerRing& ring, double tolerance);

}  // namespace multipole

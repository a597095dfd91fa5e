// Polygons that are drawn wrong.
#pragma once

#include <array>
#include <optional>

#include "datasets/vector/polygon_file.h"

namespace multipole {

// Where two sides of the polygon's rings cross each other, the topmost such place by its lower side's beginning;
// nothing where they meet at corners or along a line at most.
std::optional<std::array<double, 2>> find_self_crossing(const DrawnPolygon& polygon);

}  // namespace multipole

// Longitude and latitude by WGS 84 (what RFC 7946 wants) of coordinates of another system.
#pragma once

#include <array>

#include "datasets/vector/coordinate_transform.h"

namespace multipole {

class LonLatTransform {
 public:
  // Throws ConfigError without PROJ, and InputError where PROJ does not know the code.
  explicit LonLatTransform(int epsg);

  // x (east) and y (north) to degrees, rounded to 1e-9 (a tenth of a millimetre). Throws InputError for a place that
  // the system does not hold.
  std::array<double, 2> operator()(const std::array<double, 2>& point) const;

 private:
  CoordinateTransform transform_;
};

}  // namespace multipole

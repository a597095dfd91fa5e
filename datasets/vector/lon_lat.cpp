#include "datasets/vector/lon_lat.h"

#include <cmath>
#include <string>

namespace multipole {

LonLatTransform::LonLatTransform(int epsg) : transform_("EPSG:" + std::to_string(epsg), "OGC:CRS84") {}

std::array<double, 2> LonLatTransform::operator()(const std::array<double, 2>& point) const {
  constexpr double kSteps = 1e9;
  const auto [longitude, latitude] = transform_(point);
  return {std::round(longitude * kSteps) / kSteps, std::round(latitude * kSteps) / kSteps};
}

}  // namespace multipole

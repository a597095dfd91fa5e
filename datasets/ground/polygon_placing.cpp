#include "datasets/ground/polygon_placing.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "base/error.h"
#include "datasets/vector/coordinate_transform.h"

namespace multipole {
namespace {

using Point = std::array<double, 2>;

constexpr int kLonLat = 4326;

Point pixels_at(const Georeference& georeference, const Point& place) {
  const auto& t = georeference.transform;
  const double x = place[0] - t[0], y = place[1] - t[3], determinant = georeference.determinant();
  return {(t[5] * x - t[2] * y) / determinant, (t[1] * y - t[4] * x) / determinant};
}

bool are_degrees(const PolygonFile& file) {
  for (const auto& feature : file.features) {
    for (const auto& part : feature.parts) {
      for (const auto& ring : part.rings) {
        const bool within = std::ranges::all_of(
            ring, [](const Point& point) { return std::abs(point[0]) <= 360 && std::abs(point[1]) <= 90; });
        if (!within) return false;
      }
    }
  }
  return true;
}

std::string code_name(int epsg) { return "EPSG:" + std::to_string(epsg); }

}  // namespace

PolygonPlacing placing_of(const PolygonFile& file, const std::string& name,
                          const std::optional<Georeference>& georeference, const std::string& raster) {
  if (!georeference) {
    if (!file.names_system) return {[](const Point& point) { return point; }, {}};
    throw InputError(name + ": its coordinates are of " + code_name(file.epsg) + ", and " + raster +
                     " has no georeference to place them by; give the raster one, or polygons in pixels without a "
                     "coordinate system");
  }
  PolygonPlacing placing{[at = *georeference](const Point& point) { return pixels_at(at, point); }, {}};
  const int own = georeference->epsg;
  if (!file.names_system && (file.epsg != kLonLat || !are_degrees(file))) {
    placing.note = "it names no coordinate system, and its numbers are taken for the raster's own";
    return placing;
  }
  const bool both_degrees = file.epsg == kLonLat && georeference->geographic && (own == 0 || own == kLonLat);
  if (file.epsg == own || both_degrees) return placing;
  if (own == 0) {
    if (!file.names_system)
      throw InputError(name + ": longitude and latitude cannot be placed on " + raster +
                       ", whose tags give no code of its coordinate system");
    placing.note =
        "its coordinates of " + code_name(file.epsg) + " are taken for the raster's own, whose tags give no code";
    return placing;
  }
  try {
    const auto transform = std::make_shared<CoordinateTransform>(code_name(file.epsg), code_name(own));
    placing.to_pixels = [transform, at = *georeference](const Point& point) {
      return pixels_at(at, (*transform)(point));
    };
  } catch (const Error& error) {
    const std::string message = name + " on " + raster + ": " + error.what();
    if (has_proj()) throw InputError(message);
    throw ConfigError(message);
  }
  return placing;
}

}  // namespace multipole

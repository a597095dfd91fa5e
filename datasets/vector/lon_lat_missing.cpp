// For the build without PROJ.
#include "base/error.h"
#include "datasets/vector/lon_lat.h"

namespace multipole {

bool has_lon_lat() { return false; }

class LonLatTransform::Projection {};

LonLatTransform::LonLatTransform(int epsg) {
  throw ConfigError("longitude and latitude of EPSG:" + std::to_string(epsg) +
                    " need PROJ, which this build lacks; install libproj-dev and build anew, or keep the raster's own "
                    "coordinates, which others reproject: ogr2ogr -t_srs EPSG:4326 OUT.geojson IN.geojson");
}
LonLatTransform::~LonLatTransform() = default;
LonLatTransform::LonLatTransform(LonLatTransform&&) noexcept = default;
std::array<double, 2> LonLatTransform::operator()(const std::array<double, 2>& point) const { return point; }

}  // namespace multipole

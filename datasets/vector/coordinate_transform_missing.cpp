// For the build without PROJ.
#include "base/error.h"
#include "datasets/vector/coordinate_transform.h"

namespace multipole {

bool has_proj() { return false; }

class CoordinateTransform::Projection {};

CoordinateTransform::CoordinateTransform(const std::string& from, const std::string& to) {
  throw ConfigError("coordinates of " + from + " in " + to +
                    " need PROJ, which this build lacks; install libproj-dev and build anew, or let others reproject: "
                    "ogr2ogr -t_srs " +
                    to + " OUT.geojson IN.geojson");
}
CoordinateTransform::~CoordinateTransform() = default;
CoordinateTransform::CoordinateTransform(CoordinateTransform&&) noexcept = default;
std::array<double, 2> CoordinateTransform::operator()(const std::array<double, 2>& point) const { return point; }

}  // namespace multipole

// Longitude and latitude by WGS 84 (what RFC 7946 wants) of coordinates of another system, by PROJ.
#pragma once

#include <array>
#include <memory>

namespace multipole {

// Whether this build has PROJ.
bool has_lon_lat();

class LonLatTransform {
 public:
  // Throws ConfigError without PROJ, and InputError where PROJ does not know the code.
  explicit LonLatTransform(int epsg);
  ~LonLatTransform();
  LonLatTransform(LonLatTransform&&) noexcept;

  // x (east) and y (north) to degrees, rounded to 1e-9 (a tenth of a millimetre). Throws InputError for a place that
  // the system does not hold.
  std::array<double, 2> operator()(const std::array<double, 2>& point) const;

 private:
  class Projection;
  std::unique_ptr<Projection> projection_;
};

}  // namespace multipole

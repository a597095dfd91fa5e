// Coordinates of one system in another, by PROJ.
#pragma once

#include <array>
#include <memory>
#include <string>

namespace multipole {

// Whether this build has PROJ.
bool has_proj();

class CoordinateTransform {
 public:
  // Names as PROJ knows them, such as "EPSG:25832" or "OGC:CRS84"; x is east and y north in both, whatever order the
  // systems themselves have. Throws InputError where PROJ has no way from one to the other, ConfigError without PROJ.
  CoordinateTransform(const std::string& from, const std::string& to);
  ~CoordinateTransform();
  CoordinateTransform(CoordinateTransform&&) noexcept;

  // Throws InputError for a place that the systems do not hold.
  std::array<double, 2> operator()(const std::array<double, 2>& point) const;

 private:
  class Projection;
  std::unique_ptr<Projection> projection_;
};

}  // namespace multipole

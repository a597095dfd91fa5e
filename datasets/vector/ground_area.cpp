#include "datasets/vector/ground_area.h"

#include <cmath>
#include <numbers>

namespace multipole {
namespace {

// Twice the area between the equator and a latitude over one radian, in units of the squared semi-major axis.
double authalic_q(double latitude, double squared_eccentricity) {
  const double sine = std::sin(latitude);
  if (squared_eccentricity <= 0) return 2 * sine;
  const double e = std::sqrt(squared_eccentricity);
  return (1 - squared_eccentricity) * (sine / (1 - squared_eccentricity * sine * sine) + std::atanh(e * sine) / e);
}

}  // namespace

double lon_lat_area(const Ellipsoid& ellipsoid, double latitude, double other_latitude, double longitudes) {
  constexpr double kRadian = std::numbers::pi / 180;
  const double f = ellipsoid.inverse_flattening > 0 ? 1 / ellipsoid.inverse_flattening : 0;
  const double squared_eccentricity = f * (2 - f);
  const double q =
      authalic_q(latitude * kRadian, squared_eccentricity) - authalic_q(other_latitude * kRadian, squared_eccentricity);
  return std::abs(q * longitudes * kRadian) * ellipsoid.semi_major * ellipsoid.semi_major / 2;
}

}  // namespace multipole

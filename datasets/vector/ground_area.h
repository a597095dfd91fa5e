// Areas on the earth's ellipsoid.
#pragma once

namespace multipole {

struct Ellipsoid {
  double semi_major = 6378137.0;              // metres
  double inverse_flattening = 298.257223563;  // 0 for a sphere; these are WGS 84's
};

// Square metres between two latitudes and over so much longitude, all in degrees, whatever their order (by the authalic
// latitude: Snyder 1987, Map Projections, equations 3-12 and 14-9).
double lon_lat_area(const Ellipsoid& ellipsoid, double latitude, double other_latitude, double longitudes);

}  // namespace multipole

// Where on earth the pixels of a raster lie, as far as its GeoTIFF tags (OGC 19-008r4) say it without a table of
// coordinate systems.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "datasets/pictures/geo_tiff.h"
#include "datasets/vector/ground_area.h"

namespace multipole {

struct Georeference {
  // x = t[0] + t[1] column + t[2] row and y = t[3] + t[4] column + t[5] row, of pixel corners: (0, 0) is the upper left
  // corner of the first pixel, also where the tags speak of pixel centres.
  std::array<double, 6> transform = {0, 1, 0, 0, 0, 1};
  int epsg = 0;             // code of the coordinate system, 0 where the tags give none
  bool geographic = false;  // x and y are degrees of longitude and latitude
  // Metres of a unit of x and y, for projected systems: from the tags, and 1 for UTM zones and web Mercator (EPSG:3857)
  // where those name no unit.
  std::optional<double> unit_metres;
  Ellipsoid ellipsoid;  // WGS 84's unless the tags give another

  std::array<double, 2> place(double column, double row) const {
    return {transform[0] + transform[1] * column + transform[2] * row,
            transform[3] + transform[4] * column + transform[5] * row};
  }
  // Of the linear part: below zero where y points up, as on maps.
  double determinant() const { return transform[1] * transform[5] - transform[2] * transform[4]; }

  // Square metres of a pixel of this row: in the plane of a projected system, and on the ellipsoid for a geographic one
  // whose rows are parallels. Nothing where the unit is unknown or rows are no parallels.
  std::optional<double> pixel_area(int64_t row) const;
};

// Nothing where the tags hold no affine transformation (none, or control points alone).
std::optional<Georeference> georeference_of(const GeoTags& tags);

}  // namespace multipole

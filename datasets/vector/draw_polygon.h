// Polygons as pixels.
#pragma once

#include <cstdint>

#include "datasets/codecs/crop_box.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {

// Coordinates around a polygon; x is a column and y a row where it is one of pixels.
struct PolygonBounds {
  double left = 0, top = 0, right = 0, bottom = 0;

  // Whether a pixel's centre of the part could lie within.
  bool meets(const CropBox& part) const;
};

PolygonBounds bounds_of(const DrawnPolygon& polygon);

// Sets the labels of `part`, height * width bytes, to `label` where a pixel's centre is inside of the polygon, whose
// coordinates are columns and rows: (0, 0) is the upper left corner of the first pixel. A centre on a side belongs
// to the polygon left of the side, or below it where the side is level, so that of two neighbours one has it. Not
// OpenCV's fillPoly, which rounds corners to 1/65536 at best and also colours the pixels that a side touches.
void draw_polygon(const DrawnPolygon& polygon, uint8_t label, const CropBox& part, uint8_t* labels);

}  // namespace multipole

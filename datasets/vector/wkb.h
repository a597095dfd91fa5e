// Well-known binary (OGC 06-103r4) and the blobs of a GeoPackage around it.
#pragma once

#include <vector>

#include "base/byte_view.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {

// The polygons of a geometry: one, several, or a collection of them, with or without heights and measures, in either
// order of bytes. None for an empty geometry. Throws InputError with the reason alone.
std::vector<DrawnPolygon> polygons_of_wkb(ByteView bytes);

// The same of a GeoPackage's blob (clause 2.1.3).
std::vector<DrawnPolygon> polygons_of_blob(ByteView blob);

}  // namespace multipole

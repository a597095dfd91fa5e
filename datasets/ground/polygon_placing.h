// From the coordinates of a file of polygons to the pixels of a raster.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "datasets/vector/georeference.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {

struct PolygonPlacing {
  std::function<std::array<double, 2>(const std::array<double, 2>&)> to_pixels;  // column and row; may throw InputError
  std::string note;                                                              // what was guessed; empty: nothing
};

// `name` and `raster` are the two files, for messages; no georeference: coordinates are pixels. Throws InputError where
// the file names a system and the raster has none, or the other way round nothing fits; ConfigError without PROJ where
// it is needed.
PolygonPlacing placing_of(const PolygonFile& file, const std::string& name,
                          const std::optional<Georeference>& georeference, const std::string& raster);

}  // namespace multipole

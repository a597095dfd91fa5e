// Regions as a GeoPackage (OGC 12-128r18): an SQLite file with one table of polygons, "regions", whose columns are fid
// (the region's id), geom, class, class_index, pixels, area_m2 and probability; the last two are NULL where unknown.
// Where SQLite has its R*Tree module, the table has the standard's spatial index.
#pragma once

#include <filesystem>
#include <memory>

#include "datasets/vector/region_writer.h"

namespace multipole {

// Whether the program was built with SQLite, without which no GeoPackage can be written.
bool has_geopackage();

// Makes `path`, a file that must not exist; whoever calls removes what is left where this throws. Throws ResourceError
// where it cannot be written, and ConfigError without SQLite.
std::unique_ptr<RegionWriter> make_geopackage_writer(const std::filesystem::path& path, RegionLayer layer);

}  // namespace multipole

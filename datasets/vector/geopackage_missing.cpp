// For the build without SQLite.
#include "base/error.h"
#include "datasets/vector/geopackage_writer.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {

bool has_geopackage() { return false; }

std::unique_ptr<RegionWriter> make_geopackage_writer(const std::filesystem::path& path, RegionLayer) {
  throw ConfigError(path.string() +
                    ": this build writes no GeoPackage, for SQLite was not found; install libsqlite3-dev and build "
                    "anew, or write GeoJSON");
}

PolygonFile read_geopackage(const std::filesystem::path& path, const std::string&) {
  throw ConfigError(path.string() +
                    ": this build reads no GeoPackage, for SQLite was not found; install libsqlite3-dev and build "
                    "anew, or write GeoJSON: ogr2ogr OUT.geojson IN.gpkg");
}

}  // namespace multipole

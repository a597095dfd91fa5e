// For the build without SQLite.
#include "base/error.h"
#include "datasets/vector/geopackage_writer.h"

namespace multipole {

bool has_geopackage() { return false; }

std::unique_ptr<RegionWriter> make_geopackage_writer(const std::filesystem::path& path, RegionLayer) {
  throw ConfigError(path.string() +
                    ": this build writes no GeoPackage, for SQLite was not found; install libsqlite3-dev and build "
                    "anew, or write GeoJSON");
}

}  // namespace multipole

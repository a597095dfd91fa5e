// Rasters of the formats that GDAL knows, where the program is built with it (MULTIPOLE_WITH_GDAL).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/rasters/geo_tags.h"
#include "datasets/rasters/raster.h"

namespace multipole {

// What an error about the file adds where GDAL would read it and the program is built without it; else "".
std::string gdal_advice(const std::filesystem::path& path);

// read(), whose InputError gets that advice.
template <class Read>
auto with_gdal_advice(const std::filesystem::path& path, const Read& read) {
  try {
    return read();
  } catch (const InputError& error) {
    const std::string advice = gdal_advice(path);
    if (advice.empty()) throw;
    throw InputError(error.what() + advice);
  }
}

// Whether the file is of no format that is decoded without GDAL, and GDAL knows it.
bool needs_gdal(const std::filesystem::path& path);

// Null where GDAL knows no such raster, or the program is built without it. Pixels as they are stored; nothing is
// reprojected. Throws InputError "cannot read PATH: reason".
std::unique_ptr<Raster> open_gdal_raster(const std::filesystem::path& path, const std::vector<int64_t>& bands,
                                         const DecodeOptions& options);

// The place on earth of such a raster as GeoTIFF has it; nothing where it has none.
std::optional<GeoTags> gdal_geo_tags(const std::filesystem::path& path);

}  // namespace multipole

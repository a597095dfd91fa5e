// For the build without GDAL.
#include <array>
#include <string_view>

#include "datasets/codecs/byte_source.h"
#include "datasets/rasters/gdal_raster.h"

namespace multipole {
namespace {

using namespace std::string_view_literals;

// How files of the commonest formats begin that GDAL reads and the program does not.
constexpr std::array kGdalFormats = {
    "\0\0\0\x0cjP"sv, "\xff\x4f\xff\x51"sv, "<VRTDataset"sv, "SQLite format 3"sv, "\x89HDF"sv,
    "CDF"sv,          "EHFA_HEADER"sv,      "NITF"sv};

}  // namespace

std::string gdal_advice(const std::filesystem::path& path) {
  std::array<char, 16> bytes = {};
  const std::string_view beginning(bytes.data(), codecs::FileSource(path).read(0, bytes.data(), bytes.size()));
  for (const auto& format : kGdalFormats) {
    if (!beginning.starts_with(format)) continue;
    return "; a build with GDAL (Debian: libgdal-dev) reads JPEG 2000, VRT, GeoPackage and what else GDAL knows";
  }
  return "";
}

bool needs_gdal(const std::filesystem::path&) { return false; }

std::unique_ptr<Raster> open_gdal_raster(const std::filesystem::path&, const std::vector<int64_t>&,
                                         const DecodeOptions&) {
  return nullptr;
}

std::optional<GeoTags> gdal_geo_tags(const std::filesystem::path&) { return std::nullopt; }

}  // namespace multipole

// What a file of regions is to hold, as the user asks for it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace multipole {

enum class VectorFormat { kGeoJson, kGeoPackage };

// kAuto: the raster's own where it has a georeference, else pixels.
enum class VectorCoordinates { kAuto, kRaster, kLonLat, kPixels };

// Of pixels ("16", "16px") or on the ground ("25m2", "1.5m").
struct VectorMeasure {
  double value = 0;
  bool on_ground = false;
};

struct VectorOptions {
  VectorFormat format = VectorFormat::kGeoJson;
  VectorCoordinates coordinates = VectorCoordinates::kAuto;
  VectorMeasure least;     // regions with less area are left out
  VectorMeasure simplify;  // how far an outline may move; 0: not at all
};

// The ending of a format's files, ".geojson" or ".gpkg".
const char* vector_suffix(VectorFormat format);

// "geojson" or "gpkg"; or a path that ends so, whose file is meant. Throws ConfigError that begins with `where`.
struct VectorTarget {
  VectorFormat format = VectorFormat::kGeoJson;
  std::filesystem::path file = {};  // empty: a name for each picture
};
VectorTarget parse_vector_target(const std::string& text, const std::string& where);

// Throw ConfigError that begins with `where`. `unit`: "m2" for areas, "m" for lengths.
VectorCoordinates parse_vector_coordinates(const std::string& text, const std::string& where);
VectorMeasure parse_vector_measure(const std::string& text, const std::string& unit, const std::string& where);

}  // namespace multipole

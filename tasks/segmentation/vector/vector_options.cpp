#include "tasks/segmentation/vector/vector_options.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/lower_case.h"

namespace multipole {

const char* vector_suffix(VectorFormat format) { return format == VectorFormat::kGeoJson ? ".geojson" : ".gpkg"; }

VectorTarget parse_vector_target(const std::string& text, const std::string& where) {
  const std::filesystem::path path = text;
  for (const auto format : {VectorFormat::kGeoJson, VectorFormat::kGeoPackage}) {
    const std::string suffix = vector_suffix(format);
    if (lower_case(text) == suffix.substr(1)) return {format};
    if (lower_case(path.extension().string()) == suffix) return {format, path};
  }
  throw ConfigError(where + " " + text + ": expected geojson, gpkg, or a file whose name ends in .geojson or .gpkg");
}

VectorCoordinates parse_vector_coordinates(const std::string& text, const std::string& where) {
  constexpr std::array<std::pair<const char*, VectorCoordinates>, 4> kNames = {
      {{"auto", VectorCoordinates::kAuto},
       {"raster", VectorCoordinates::kRaster},
       {"lonlat", VectorCoordinates::kLonLat},
       {"pixels", VectorCoordinates::kPixels}}};
  for (const auto& [name, value] : kNames) {
    if (text == name) return value;
  }
  throw ConfigError(where + " " + text + ": expected auto, raster, lonlat or pixels");
}

VectorMeasure parse_vector_measure(const std::string& text, const std::string& unit, const std::string& where) {
  VectorMeasure measure;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, measure.value);
  const std::string rest(stop, end);
  measure.on_ground = rest == unit;
  const bool known_unit = measure.on_ground || rest.empty() || rest == "px";
  if (code != std::errc() || !known_unit || !std::isfinite(measure.value) || measure.value < 0) {
    throw ConfigError(where + " " + text + ": expected a number of pixels (16, 16px) or of " + unit + " (25" + unit +
                      ")");
  }
  return measure;
}

}  // namespace multipole

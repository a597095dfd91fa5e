// Files of polygons that somebody drew, each with the class that it stands for: GeoJSON and GeoPackage.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

using PolygonRing = std::vector<std::array<double, 2>>;  // x and y of each corner; the first is not repeated

// Outline and holes; a point is inside where it is inside of an odd number of rings.
struct DrawnPolygon {
  std::vector<PolygonRing> rings;
};

struct PolygonFeature {
  std::string name;                 // "feature 7", by its id or its place in the file, from 1; for messages
  std::string value;                // of the property that says the class; whole numbers without a point
  std::vector<DrawnPolygon> parts;  // of a multipolygon several
};

struct PolygonFile {
  std::vector<PolygonFeature> features;  // in the file's order
  bool names_system = false;             // whether the file says what system its coordinates are of
  int epsg = 0;                          // its code; 4326 also for longitude and latitude by RFC 7946
  std::vector<std::string> notes;        // what was left out
};

// By the name's extension: .geojson or .gpkg. Features without a geometry are left out, with a note. Throws InputError
// "cannot read PATH: reason": damaged, other geometries than polygons, coordinates that are no numbers, no feature at
// all; ConfigError where features lack `class_property`, with the properties that there are, or without SQLite.
PolygonFile read_polygon_file(const std::filesystem::path& path, const std::string& class_property);

// Each kind by itself.
PolygonFile read_geojson(const std::filesystem::path& path, const std::string& class_property);
PolygonFile read_geopackage(const std::filesystem::path& path, const std::string& class_property);

// Names of properties for messages: "a, b, c".
std::string property_list(const std::vector<std::string>& names);

// A number as the value of a property: "7" of 7.0.
std::string value_text(double number);

// "feature 7"
std::string feature_name(const std::string& id);

// Takes a ring as files have it, the first corner once more at its end. Throws InputError for numbers that are none.
PolygonRing closed_ring(PolygonRing corners);

}  // namespace multipole

#include "datasets/vector/polygon_file.h"

#include <cmath>
#include <cstddef>

#include "base/error.h"
#include "base/json.h"
#include "base/lower_case.h"

namespace multipole {
namespace {

constexpr size_t kFewestCorners = 3;

// Leaves out what encloses nothing.
void drop_slivers(PolygonFile& file) {
  int64_t dropped = 0;
  for (auto& feature : file.features) {
    for (auto& part : feature.parts) {
      dropped += std::erase_if(part.rings, [](const PolygonRing& ring) { return ring.size() < kFewestCorners; });
    }
  }
  if (dropped > 0) file.notes.push_back(std::to_string(dropped) + " rings of fewer than three corners enclose nothing");
}

void leave_out_empty(PolygonFile& file) {
  const auto empty = std::erase_if(file.features, [](const PolygonFeature& feature) { return feature.parts.empty(); });
  if (empty > 0) file.notes.push_back(std::to_string(empty) + " features without a geometry are left out");
}

}  // namespace

PolygonFile read_polygon_file(const std::filesystem::path& path, const std::string& class_property) {
  const bool is_package = lower_case(path.extension().string()) == ".gpkg";
  PolygonFile file = is_package ? read_geopackage(path, class_property) : read_geojson(path, class_property);
  leave_out_empty(file);
  drop_slivers(file);
  if (file.features.empty()) throw InputError("cannot read " + path.string() + ": it holds no polygon");
  return file;
}

std::string property_list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

std::string value_text(double number) {
  const bool is_whole = std::abs(number) < 1e15 && number == std::floor(number);
  return is_whole ? std::to_string(std::llround(number)) : Json(number).dump();
}

std::string feature_name(const std::string& id) { return "feature " + id; }

PolygonRing closed_ring(PolygonRing corners) {
  for (const auto& [x, y] : corners) {
    if (!std::isfinite(x) || !std::isfinite(y)) throw InputError("a corner whose coordinates are no numbers");
  }
  while (corners.size() > 1 && corners.front() == corners.back()) corners.pop_back();
  return corners;
}

}  // namespace multipole

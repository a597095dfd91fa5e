// GeoJSON (RFC 7946), and of GeoJSON 2008 the member "crs".
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "datasets/vector/epsg_name.h"
#include "datasets/vector/polygon_file.h"

namespace multipole {
namespace {

constexpr int kOwnSystem = 4326;

[[noreturn]] void refuse(const std::string& reason) { throw InputError(reason); }

const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string type_of(const Json& object) {
  const Json& type = member(object, "type");
  return type.is_string() ? type.get<std::string>() : "no GeoJSON object";
}

PolygonRing ring_of(const Json& points) {
  if (!points.is_array()) refuse("a ring that is no list of corners");
  PolygonRing ring;
  for (const auto& point : points) {
    if (!point.is_array() || point.size() < 2 || !point[0].is_number() || !point[1].is_number()) {
      refuse("a corner that is no pair of numbers");
    }
    ring.push_back({point[0].get<double>(), point[1].get<double>()});
  }
  return closed_ring(std::move(ring));
}

DrawnPolygon polygon_of(const Json& rings) {
  if (!rings.is_array()) refuse("a polygon that is no list of rings");
  DrawnPolygon polygon;
  for (const auto& ring : rings) polygon.rings.push_back(ring_of(ring));
  return polygon;
}

void add_geometry(const Json& geometry, std::vector<DrawnPolygon>& parts) {
  if (geometry.is_null()) return;
  const std::string type = type_of(geometry);
  const Json& coordinates = member(geometry, "coordinates");
  if (type == "Polygon") {
    parts.push_back(polygon_of(coordinates));
  } else if (type == "MultiPolygon") {
    if (!coordinates.is_array()) refuse("a multipolygon that is no list of polygons");
    for (const auto& polygon : coordinates) parts.push_back(polygon_of(polygon));
  } else if (type == "GeometryCollection") {
    for (const auto& inner : member(geometry, "geometries")) add_geometry(inner, parts);
  } else {
    refuse("a " + type + ", where polygons are needed");
  }
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? value_text(value.get<double>()) : value.dump();
}

std::string id_of(const Json& feature, size_t place) {
  const Json& id = member(feature, "id");
  return id.is_null() ? std::to_string(place + 1) : text_of(id);
}

std::vector<std::string> properties_of(const Json& features) {
  std::set<std::string> names;
  for (const auto& feature : features) {
    const Json& properties = member(feature, "properties");
    if (!properties.is_object()) continue;
    for (const auto& [name, value] : properties.items()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

void take_system(const Json& root, PolygonFile& file) {
  const Json& name = member(member(member(root, "crs"), "properties"), "name");
  file.epsg = kOwnSystem;
  if (!name.is_string()) return;
  file.names_system = true;
  file.epsg = epsg_of_name(name.get<std::string>());
  if (file.epsg == 0) refuse("its coordinate system '" + name.get<std::string>() + "' is no EPSG code");
}

PolygonFile polygons_of(const Json& root, const std::string& where, const std::string& class_property) {
  PolygonFile file;
  take_system(root, file);
  Json alone = Json::array();
  if (type_of(root) == "Feature") alone.push_back(root);
  const Json& features = type_of(root) == "Feature" ? alone : member(root, "features");
  if (type_of(root) != "FeatureCollection" && alone.empty()) {
    refuse("a " + type_of(root) + ", where a FeatureCollection is needed");
  }
  if (!features.is_array()) refuse("a FeatureCollection without a list of features");
  for (size_t i = 0; i < features.size(); ++i) {
    PolygonFeature feature{feature_name(id_of(features[i], i)), {}, {}};
    const Json& value = member(member(features[i], "properties"), class_property.c_str());
    if (value.is_null()) {
      throw ConfigError(where + ": " + feature.name + " has no property '" + class_property +
                        "' that says its class; the properties here are " + property_list(properties_of(features)) +
                        " (data.class_property, --class-property)");
    }
    feature.value = text_of(value);
    try {
      add_geometry(member(features[i], "geometry"), feature.parts);
    } catch (const InputError& error) {
      refuse(feature.name + " is or has " + error.what());
    }
    file.features.push_back(std::move(feature));
  }
  return file;
}

Json parse_file(const std::filesystem::path& path) {
  try {
    return read_json_file(path);
  } catch (const ConfigError& error) {
    throw InputError(error.what());
  }
}

}  // namespace

PolygonFile read_geojson(const std::filesystem::path& path, const std::string& class_property) {
  const Json root = parse_file(path);
  try {
    return polygons_of(root, path.string(), class_property);
  } catch (const InputError& error) {
    throw InputError("cannot read " + path.string() + ": " + error.what());
  }
}

}  // namespace multipole

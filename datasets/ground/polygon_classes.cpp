#include "datasets/ground/polygon_classes.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "datasets/masks/label_map.h"

namespace multipole {
namespace {

constexpr const char* kIgnoredName = "ignore";
constexpr const char* kBackground = "background";

std::vector<std::string> names_of_values(const std::vector<NamedPolygonFile>& files, const std::string& outside) {
  std::set<std::string> values;
  for (const auto& [name, file] : files) {
    for (const auto& feature : file.features) values.insert(feature.value);
  }
  std::vector<std::string> names;
  if (outside != kIgnoredName) names.push_back(outside);
  for (const auto& value : values) {
    if (value != kIgnoredName && value != outside) names.push_back(value);
  }
  return names;
}

// The class of this id; -1 where it is none.
int64_t id_of(const std::string& value, size_t num_classes) {
  int64_t id = -1;
  const auto [rest, failure] = std::from_chars(value.data(), value.data() + value.size(), id);
  const bool is_id = failure == std::errc() && rest == value.data() + value.size() && id >= 0;
  return is_id && id < static_cast<int64_t>(num_classes) ? id : -1;
}

}  // namespace

std::vector<uint8_t> PolygonClasses::labels_of(const NamedPolygonFile& polygons) const {
  std::vector<uint8_t> labels;
  for (const auto& feature : polygons.file.features) {
    const auto found = std::find(names.begin(), names.end(), feature.value);
    int64_t label = found == names.end() ? id_of(feature.value, names.size()) : found - names.begin();
    if (feature.value == kIgnoredName) label = kIgnoredLabel;
    if (label < 0) {
      throw ConfigError(polygons.name + ": " + feature.name + " is of '" + feature.value + "', which is no class" +
                        suggest_name(feature.value, names) + " (or " + kIgnoredName + ")");
    }
    labels.push_back(static_cast<uint8_t>(label));
  }
  return labels;
}

PolygonClasses polygon_classes(const std::vector<NamedPolygonFile>& files, const std::vector<std::string>& known,
                               const std::string& outside) {
  PolygonClasses classes;
  const std::string wanted = outside.empty() ? kBackground : outside;
  classes.names = known.empty() ? names_of_values(files, wanted) : known;
  if (classes.names.size() > static_cast<size_t>(kMaxClasses)) {
    throw ConfigError("the polygons have " + std::to_string(classes.names.size()) + " different values, and " +
                      "segmentation takes at most " + std::to_string(kMaxClasses) +
                      " classes: does data.class_property name the property that says the class?");
  }
  const auto found = std::find(classes.names.begin(), classes.names.end(), wanted);
  if (found == classes.names.end() && wanted != kIgnoredName && !outside.empty()) {
    throw ConfigError("data.outside: '" + outside + "' is no class" + suggest_name(outside, classes.names) + " (or " +
                      kIgnoredName + ")");
  }
  if (found == classes.names.end()) {
    classes.outside = kIgnoredLabel;
    classes.note = "pixels in no polygon are ignored (data.outside names a class for them)";
  } else {
    classes.outside = static_cast<uint8_t>(found - classes.names.begin());
    classes.note = "pixels in no polygon are '" + wanted + "' (data.outside=ignore leaves them out)";
  }
  return classes;
}

}  // namespace multipole

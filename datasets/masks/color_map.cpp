#include "datasets/masks/color_map.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "datasets/layouts/class_list.h"
#include "datasets/layouts/pairing.h"

namespace multipole {

namespace {

constexpr const char* kIgnoredName = "ignore";

struct NamedColor {
  uint32_t color = 0;  // 0xRRGGBB
  std::string name;
  std::string where;  // for messages
};

std::vector<NamedColor> parse_colors(const ColorMap& map) {
  std::vector<NamedColor> colors;
  std::set<uint32_t> seen;
  for (const auto& line : map.lines) {
    const std::string where = map.source + ": '" + line + "'";
    const auto fields = split_fields(line, '\t');
    const auto color = parse_color(fields.front());
    if (fields.size() != 2 || color.empty()) {
      throw ConfigError(where + ": expected 'R G B', a tab and the name of a class");
    }
    const auto packed = static_cast<uint32_t>(color[0] << 16 | color[1] << 8 | color[2]);
    if (!seen.insert(packed).second) throw ConfigError(where + ": this colour stands twice");
    colors.push_back({packed, fields[1], where});
  }
  return colors;
}

int64_t label_of(const NamedColor& color, const std::vector<std::string>& class_names) {
  if (color.name == kIgnoredName) return kIgnoredLabel;
  const auto found = std::find(class_names.begin(), class_names.end(), color.name);
  if (found == class_names.end()) {
    throw ConfigError(color.where + ": '" + color.name + "' is no class" + suggest_name(color.name, class_names) +
                      " (or " + kIgnoredName + ")");
  }
  return found - class_names.begin();
}

}  // namespace

ColorMap read_color_map(const std::filesystem::path& path) {
  ColorMap map{{}, path.string()};
  for (auto& line : read_lines(path)) {
    if (!line.starts_with('#')) map.lines.push_back(std::move(line));
  }
  if (map.empty()) throw ConfigError(path.string() + " names no colour");
  parse_colors(map);
  return map;
}

std::vector<std::string> color_map_classes(const ColorMap& map) {
  std::vector<std::string> names;
  for (const auto& color : parse_colors(map)) {
    const bool is_new = std::find(names.begin(), names.end(), color.name) == names.end();
    if (is_new && color.name != kIgnoredName) names.push_back(color.name);
  }
  return names;
}

void apply_color_map(const ColorMap& map, const std::vector<std::string>& class_names, LabelMap& labels) {
  for (const auto& color : parse_colors(map)) labels.set_color(color.color, label_of(color, class_names));
}

}  // namespace multipole

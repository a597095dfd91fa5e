#include "datasets/segmentation/color_map.h"

#include <algorithm>
#include <set>

#include "backbone/config/error.h"
#include "backbone/config/json.h"
#include "datasets/segmentation/layouts/class_list.h"
#include "datasets/segmentation/layouts/pairing.h"

namespace multipole {

namespace {

constexpr const char* kIgnoredName = "ignore";

int64_t label_of(const std::string& name, const std::vector<std::string>& class_names, const std::string& where) {
  if (name == kIgnoredName) return kIgnoredLabel;
  const auto found = std::find(class_names.begin(), class_names.end(), name);
  if (found == class_names.end()) {
    throw ConfigError(where + ": '" + name + "' is no class" + suggest_name(name, class_names) + " (or " +
                      kIgnoredName + ")");
  }
  return found - class_names.begin();
}

}  // namespace

void read_color_map(const std::filesystem::path& path, const std::vector<std::string>& class_names, LabelMap& labels) {
  std::set<uint32_t> seen;
  for (const auto& line : read_lines(path)) {
    if (line.starts_with('#')) continue;
    const std::string where = path.string() + ": '" + line + "'";
    const auto fields = split_fields(line, '\t');
    const auto color = parse_color(fields.front());
    if (fields.size() != 2 || color.empty()) {
      throw ConfigError(where + ": expected 'R G B', a tab and the name of a class");
    }
    const auto packed = static_cast<uint32_t>(color[0] << 16 | color[1] << 8 | color[2]);
    if (!seen.insert(packed).second) throw ConfigError(where + ": this colour stands twice");
    labels.set_color(packed, label_of(fields[1], class_names, where));
  }
  if (seen.empty()) throw ConfigError(path.string() + " names no colour");
}

}  // namespace multipole

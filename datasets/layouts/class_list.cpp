#include "datasets/layouts/class_list.h"

#include <algorithm>
#include <locale>
#include <sstream>

#include "base/error.h"
#include "datasets/layouts/pairing.h"

namespace multipole {

std::vector<int64_t> parse_color(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  std::vector<int64_t> color;
  for (int64_t value = 0; stream >> value;) color.push_back(value);
  const bool in_range = std::all_of(color.begin(), color.end(), [](int64_t v) { return v >= 0 && v <= 255; });
  return stream.eof() && color.size() == 3 && in_range ? color : std::vector<int64_t>();
}

ClassList read_class_list(const std::filesystem::path& path) {
  return parse_class_list(read_lines(path), path.string());
}

ClassList parse_class_list(const std::vector<std::string>& lines, const std::string& where) {
  ClassList list;
  for (const auto& line : lines) {
    const auto fields = split_fields(line, '\t');
    const std::string& name = fields.front();
    const auto fail = [&](const std::string& reason) {
      throw ConfigError(where + ": class '" + name + "': " + reason);
    };
    if (name.empty() || fields.size() > 2) fail("expected a name, or a name, a tab and a colour 'R G B'");
    if (std::find(list.names.begin(), list.names.end(), name) != list.names.end()) fail("stands twice");
    list.names.push_back(name);
    if (fields.size() == 2) {
      list.palette.push_back(parse_color(fields[1]));
      if (list.palette.back().empty()) fail("expected a colour as 'R G B' with values from 0 to 255");
    }
    if (!list.palette.empty() && list.palette.size() != list.names.size()) fail("give all classes a colour, or none");
  }
  if (list.names.empty()) throw ConfigError(where + " names no class");
  return list;
}

std::vector<std::string> class_lines(const ClassList& list) {
  std::vector<std::string> lines = list.names;
  for (size_t i = 0; i < list.palette.size(); ++i) {
    char separator = '\t';
    for (const int64_t value : list.palette[i]) {
      lines.at(i).append(1, separator).append(std::to_string(value));
      separator = ' ';
    }
  }
  return lines;
}

}  // namespace multipole

// What the colours of masks mean: a text file with a line "R G B<TAB>name" for each colour. Several colours may share a
// name; the name "ignore" leaves a colour out of everything. Empty lines and lines from "#" on do not count.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/masks/label_map.h"

namespace multipole {

struct ColorMap {
  std::vector<std::string> lines;              // "R G B<TAB>name" each
  std::string source = "the model's colours";  // for messages: the file, where they are read from one

  bool empty() const { return lines.empty(); }
};

// Throws ConfigError, naming the line, for a wrong colour or one that stands twice.
ColorMap read_color_map(const std::filesystem::path& path);

// The names in the order in which they first stand, without "ignore".
std::vector<std::string> color_map_classes(const ColorMap& map);

// Adds the colours to `labels`. Throws ConfigError, naming the line, for a name that is no class, and as above.
void apply_color_map(const ColorMap& map, const std::vector<std::string>& class_names, LabelMap& labels);

}  // namespace multipole

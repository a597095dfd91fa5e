// What the colours of colour-coded masks mean: a text file with a line "R G B<TAB>name" for each colour. Several
// colours may share a name; the name "ignore" leaves a colour out of everything. Empty lines and lines from "#" on do
// not count.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/segmentation/label_map.h"

namespace multipole {

// Adds the file's colours to `labels`. Throws ConfigError, naming the line, for a wrong colour, a colour that stands
// twice, or a name that is no class.
void read_color_map(const std::filesystem::path& path, const std::vector<std::string>& class_names, LabelMap& labels);

}  // namespace multipole

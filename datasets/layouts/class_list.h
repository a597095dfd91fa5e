// classes.txt: one class a line in the order of the ids, "name" or "name<TAB>R G B" with the colour to show it in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace multipole {

struct ClassList {
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> palette;  // empty, or a colour for every class
};

// Throws ConfigError, naming the line, for a name that stands twice, a wrong colour, or colours for some classes only.
ClassList read_class_list(const std::filesystem::path& path);

// The same from the lines themselves; `where` stands for the file in messages.
ClassList parse_class_list(const std::vector<std::string>& lines, const std::string& where);

// The lines of `list`.
std::vector<std::string> class_lines(const ClassList& list);

// "128 64 0" -> {128, 64, 0}; empty where the text is no colour.
std::vector<int64_t> parse_color(const std::string& text);

}  // namespace multipole

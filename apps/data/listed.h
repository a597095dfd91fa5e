// Lists in reports for people: long ones are cut, since JSON has them whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace multipole {

inline constexpr size_t kListed = 20;

// A line for each of the first kListed items, indented, and the number of the others.
template <class Items, class Line>
void append_list(std::string& text, const Items& items, const Line& line) {
  for (size_t i = 0; i < std::min(items.size(), kListed); ++i) text.append("  ").append(line(items[i])).append("\n");
  if (items.size() > kListed) text += "  and " + std::to_string(items.size() - kListed) + " more (--json lists all)\n";
}

}  // namespace multipole

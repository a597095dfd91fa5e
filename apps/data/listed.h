// Lists in reports: those for people are cut where they are long, since JSON has them whole.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/json.h"
#include "datasets/note_counts.h"

namespace multipole {

inline constexpr size_t kListed = 20;

// A line for each of the first kListed items, indented, and the number of the others.
template <class Items, class Line>
void append_list(std::string& text, const Items& items, const Line& line) {
  for (size_t i = 0; i < std::min(items.size(), kListed); ++i) text.append("  ").append(line(items[i])).append("\n");
  if (items.size() > kListed) text += "  and " + std::to_string(items.size() - kListed) + " more (--json lists all)\n";
}

inline Json notes_json(const NoteCounts& notes) {
  Json list = Json::array();
  for (const auto& [note, count] : notes.counts()) {
    list.push_back({{"note", note}, {"pictures", count.pictures}, {"first", count.first_path}});
  }
  return list;
}

}  // namespace multipole

#include "apps/segment/tile_check_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>

#include "base/json_text.h"
#include "base/text.h"
#include "heads/metrics/shares.h"

namespace multipole {
namespace {

constexpr size_t kNameWidth = 16;

struct Counts {
  std::string name = {};
  double part = 0, whole = 0;

  void add(double more_part, double more_whole) {
    part += more_part;
    whole += more_whole;
  }
  double share_of() const { return share(part, whole); }
};

struct Sums {
  int64_t pictures = 0, parts = 0, not_checked = 0;
  bool coarse_view = false;
  Counts all;
  std::map<int64_t, Counts> classes, distances;

  void add(const Json& check) {
    if (check.contains("not_checked")) {
      ++not_checked;
      return;
    }
    ++pictures;
    parts += check.contains("part") ? 1 : 0;
    coarse_view = check["coarse_view"].get<bool>();
    for (const auto& row : check["classes"]) {
      auto& counts = classes[row["index"].get<int64_t>()];
      counts.name = row["class"].get<std::string>();
      counts.add(row["both"].get<double>(), row["either"].get<double>());
    }
    for (const auto& row : check["distances"]) {
      const double pixels = row["pixels"].get<double>(), alike = std::round(row["alike"].get<double>() * pixels);
      distances[row["from"].get<int64_t>()].add(alike, pixels);
      all.add(alike, pixels);
    }
  }
};

std::string distance_text(int64_t from, const std::map<int64_t, Counts>& distances) {
  const auto next = distances.upper_bound(from);
  return next == distances.end() ? std::to_string(from) + " and more"
                                 : std::to_string(from) + " to " + std::to_string(next->first - 1);
}

std::string row_text(const std::string& name, size_t width, const Counts& counts) {
  return pad_right(name, width) + pad_left(percent(counts.share_of(), 2), 9) +
         pad_left(std::to_string(static_cast<int64_t>(counts.whole)), 14) + "\n";
}

}  // namespace

std::string tile_check_table(const std::filesystem::path& results) {
  std::ifstream lines(results, std::ios::binary);
  Sums sums;
  for (std::string text; std::getline(lines, text);) {
    const Json line = parse_json_text(text, results.string());
    if (line.contains("tile_check")) sums.add(line["tile_check"]);
  }
  std::string text = "tiles and whole: " + std::to_string(sums.pictures) +
                     (sums.pictures == 1 ? " picture" : " pictures") + " compared";
  if (sums.parts > 0) text += ", of " + std::to_string(sums.parts) + " the part that memory holds whole";
  if (sums.not_checked > 0) text += ", " + std::to_string(sums.not_checked) + " not";
  if (sums.pictures == 0) return text + "\n";
  text += std::string("; the model has ") + (sums.coarse_view ? "a" : "no") + " coarse view of the whole\n\n";
  size_t width = kNameWidth;
  for (const auto& [index, counts] : sums.classes) width = std::max(width, counts.name.size());
  text += pad_right("", width) + pad_left("alike", 9) + pad_left("pixels", 14) + "\n";
  text += row_text("all", width, sums.all);
  text += "from a border between tiles, in pixels:\n";
  for (const auto& [from, counts] : sums.distances) {
    text += row_text(distance_text(from, sums.distances), width, counts);
  }
  text += "classes: pixels of it in both maps, of those in either (IoU):\n";
  for (const auto& [index, counts] : sums.classes) text += row_text(counts.name, width, counts);
  return text;
}

}  // namespace multipole

#include "apps/data/check_report.h"

#include <algorithm>

#include "apps/data/listed.h"
#include "base/text.h"
#include "datasets/formats/label_set.h"

namespace multipole {

namespace {

std::string size_text(const std::pair<int64_t, int64_t>& size) {
  return std::to_string(size.second) + " x " + std::to_string(size.first);
}

std::vector<std::string> split_titles(const DataCensus& census) {
  return census.data.splits.empty() ? std::vector<std::string>{"all"} : census.data.splits;
}

std::string class_table(const DataCensus& census) {
  const auto titles = split_titles(census);
  size_t width = 5;
  for (const auto& name : census.class_names) width = std::max(width, name.size());
  std::string text = pad_right("class", width);
  for (const auto& title : titles) text += "  " + pad_left(title, 8);
  text += "\n";
  for (size_t label = 0; label < census.class_names.size(); ++label) {
    text += pad_right(census.class_names[label], width);
    for (size_t split = 0; split < titles.size(); ++split) {
      const auto column = std::max<size_t>(8, titles[split].size());
      text += "  " + pad_left(std::to_string(census.class_counts[split][label]), column);
    }
    text += "\n";
  }
  return text;
}

// How the labels were read, where that might surprise.
std::string kinds_text(const DataCensus& census) {
  if (census.data.has_label_sets) {
    return ", any number of them in a picture; " + std::to_string(census.num_without_class) + " show none";
  }
  const std::string note = separator_note(census.class_names);
  return note.empty() ? "" : " (" + note + ")";
}

std::string size_lines(const DataCensus& census) {
  if (census.sizes.empty()) return "";
  const auto most = std::max_element(census.sizes.begin(), census.sizes.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  std::string text = "sizes    " + std::to_string(census.sizes.size()) + " different, most often " +
                     size_text(most->first) + " (" + std::to_string(most->second) + ")\n";
  text += "shorter side in pixels\n";
  for (const auto& [side, count] : census.short_sides) {
    const std::string range = std::to_string(side) + " - " + std::to_string(2 * side - 1);
    text += "  " + pad_right(range, 15) + "  " + pad_left(std::to_string(count), 8) + "\n";
  }
  return text;
}

}  // namespace

std::string census_text(const DataCensus& census, const PictureSource& source) {
  const auto& pictures = census.data.pictures;
  const auto path = [&](int64_t index) { return source.path(pictures[static_cast<size_t>(index)].picture); };
  std::string text = source.name() + ": " + std::to_string(pictures.size()) + " pictures of " +
                     std::to_string(census.class_names.size()) + " classes" + kinds_text(census) + "\n" +
                     (source.note().empty() ? "" : source.note() + "\n") + "\n" + class_table(census) + "\n" +
                     size_lines(census);
  text += "\nunreadable: " + std::to_string(census.bad.size()) + "\n";
  append_list(text, census.bad, [](const BadSample& bad) { return bad.reason; });
  for (const auto& line : census.notes.lines()) text += line + "\n";
  text += std::string("near-duplicates") + (census.data.splits.empty() ? "" : " across splits") + ": " +
          std::to_string(census.near_duplicates.size()) + " pairs";
  text += census.num_flat > 0 ? " (" + std::to_string(census.num_flat) + " flat pictures not compared)\n" : "\n";
  append_list(text, census.near_duplicates, [&](const NearDuplicate& pair) {
    return path(pair.first) + "  ~  " + path(pair.second) + "  (" + std::to_string(pair.distance) + " of 64 bits)";
  });
  if (!census.data.problems.empty()) {
    text += "problems: " + std::to_string(census.data.problems.size()) + "\n";
    append_list(text, census.data.problems, [](const std::string& problem) { return problem; });
  }
  return text;
}

Json census_json(const DataCensus& census, const PictureSource& source) {
  const auto& pictures = census.data.pictures;
  const auto path = [&](int64_t index) { return source.path(pictures[static_cast<size_t>(index)].picture); };
  Json counts = Json::object(), sizes = Json::array(), sides = Json::array(), bad = Json::array();
  Json pairs = Json::array();
  const auto titles = split_titles(census);
  for (size_t split = 0; split < titles.size(); ++split) {
    for (size_t label = 0; label < census.class_names.size(); ++label) {
      counts[titles[split]][census.class_names[label]] = census.class_counts[split][label];
    }
  }
  for (const auto& [size, count] : census.sizes) {
    sizes.push_back({{"height", size.first}, {"width", size.second}, {"count", count}});
  }
  for (const auto& [side, count] : census.short_sides) {
    sides.push_back({{"from", side}, {"to", 2 * side - 1}, {"count", count}});
  }
  for (const auto& item : census.bad) bad.push_back({{"path", item.path}, {"reason", item.reason}});
  for (const auto& pair : census.near_duplicates) {
    pairs.push_back({{"first", path(pair.first)}, {"second", path(pair.second)}, {"bits", pair.distance}});
  }
  Json json = {{"data", source.name()},
               {"pictures", pictures.size()},
               {"readable", census.num_readable()},
               {"classes", census.class_names},
               {"splits", census.data.splits},
               {"class_counts", counts},
               {"sizes", sizes},
               {"short_sides", sides},
               {"bad", bad},
               {"notes", notes_json(census.notes)},
               {"near_duplicates", pairs},
               {"flat", census.num_flat},
               {"problems", census.data.problems}};
  if (census.data.has_label_sets) json["without_class"] = census.num_without_class;
  return json;
}

}  // namespace multipole

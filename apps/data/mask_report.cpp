#include "apps/data/mask_report.h"

#include "apps/data/listed.h"

namespace multipole {
namespace {

Json split_json(const MaskCensus::Split& split, const std::vector<std::string>& class_names) {
  const SegmentationCensus& census = split.census;
  Json classes = Json::array(), sizes = Json::array(), bad = Json::array();
  for (size_t i = 0; i < class_names.size(); ++i) {
    classes.push_back(
        {{"class", class_names[i]}, {"pixels", census.class_pixels[i]}, {"pictures", census.class_samples[i]}});
  }
  for (const auto& [size, count] : census.sizes) {
    sizes.push_back({{"height", size.first}, {"width", size.second}, {"count", count}});
  }
  for (const auto& item : census.bad) bad.push_back({{"path", item.path}, {"reason", item.reason}});
  return {{"split", split.name},
          {"pictures", census.samples + static_cast<int64_t>(census.bad.size())},
          {"readable", census.samples},
          {"ignored_pixels", census.ignored_pixels},
          {"classes", classes},
          {"absent_classes", census.absent_classes(class_names)},
          {"sizes", sizes},
          {"bad", bad},
          {"notes", notes_json(census.notes)}};
}

}  // namespace

std::string mask_census_text(const MaskCensus& census, const std::string& data) {
  std::string text = data + ": pictures with masks of " + std::to_string(census.class_names.size()) + " classes\n";
  for (const auto& split : census.splits) {
    text += "\n" + split.description + "\n";
    for (const auto& line : split.census.report(census.class_names, kListed)) text += line + "\n";
  }
  text += "\nunreadable: " + std::to_string(census.num_bad()) + "\n";
  text += "near-duplicates across splits: " + std::to_string(census.near_duplicates.size()) + " pairs";
  text += census.num_flat > 0 ? " (" + std::to_string(census.num_flat) + " flat pictures not compared)\n" : "\n";
  append_list(text, census.near_duplicates, [](const MaskCensus::Pair& pair) {
    return pair.first + "  ~  " + pair.second + "  (" + std::to_string(pair.distance) + " of 64 bits)";
  });
  const auto append_titled = [&](const std::string& title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    text += title + ": " + std::to_string(lines.size()) + "\n";
    append_list(text, lines, [](const std::string& line) { return line; });
  };
  append_titled("masks without a picture", census.unused_masks);
  append_titled("problems", census.problems);
  return text;
}

Json mask_census_json(const MaskCensus& census, const std::string& data) {
  Json splits = Json::array(), pairs = Json::array();
  for (const auto& split : census.splits) splits.push_back(split_json(split, census.class_names));
  for (const auto& pair : census.near_duplicates) {
    pairs.push_back({{"first", pair.first}, {"second", pair.second}, {"bits", pair.distance}});
  }
  return {{"data", data},
          {"task", "segmentation"},
          {"classes", census.class_names},
          {"splits", splits},
          {"unused_masks", census.unused_masks},
          {"near_duplicates", pairs},
          {"flat", census.num_flat},
          {"problems", census.problems}};
}

}  // namespace multipole

#include "datasets/segmentation/layout.h"

#include <algorithm>

#include "backbone/config/error.h"
#include "backbone/config/json.h"
#include "datasets/segmentation/layouts/layouts.h"

namespace multipole {

namespace {

struct Layout {
  std::string name;
  std::filesystem::path sign;  // what ROOT holds in this layout and in none that stands before it
  SegmentationListing (*list)(const std::filesystem::path& root, const SegmentationSplitOptions& options);
};

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> list = {
      {"ade20k", "objectInfo150.txt", list_ade20k},
      {"voc", "ImageSets/Segmentation", list_voc},
      {"cityscapes", "leftImg8bit", list_cityscapes},
      {"pairs", "annotations", list_pairs},
  };
  return list;
}

const Layout& find_layout(const std::filesystem::path& root, const std::string& name) {
  std::string signs;
  for (const auto& layout : layouts()) {
    std::error_code code;
    if (name == layout.name || (name == "auto" && std::filesystem::exists(root / layout.sign, code))) return layout;
    signs += (signs.empty() ? "" : ", ") + layout.name + ": " + layout.sign.string();
  }
  if (name != "auto") {
    throw ConfigError("data.layout: unknown layout '" + name + "'" + suggest_name(name, layout_names()));
  }
  std::error_code code;
  if (!std::filesystem::is_directory(root, code)) throw ConfigError(root.string() + " is no folder");
  throw ConfigError(root.string() + " has none of the known layouts of pictures and masks (" + signs + ")");
}

}  // namespace

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const auto& layout : layouts()) names.push_back(layout.name);
  return names;
}

SegmentationListing list_segmentation(const std::filesystem::path& root, const SegmentationSplitOptions& options) {
  auto listing = find_layout(root, options.layout).list(root, options);
  std::sort(listing.pairs.begin(), listing.pairs.end(),
            [](const auto& a, const auto& b) { return a.image.native() < b.image.native(); });
  if (listing.pairs.empty()) {
    throw ConfigError(root.string() + " has no picture in the split '" + options.split + "'");
  }
  return listing;
}

}  // namespace multipole

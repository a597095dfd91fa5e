#include "datasets/layouts/layout.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/json.h"
#include "datasets/layouts/folds.h"
#include "datasets/layouts/layouts.h"
#include "datasets/layouts/pair_folders.h"
#include "datasets/pictures/image_files.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace {

namespace fs = std::filesystem;

struct Layout {
  std::string name;
  std::string sign;                                 // what ROOT holds in this layout and in none that stands before it
  std::function<bool(const fs::path& root)> is_at;  // whether the sign is there
  std::function<fs::path(const fs::path& root)> splits;  // the folder of the splits: a folder or a list of names each
  SegmentationListing (*list)(const fs::path& root, const SegmentationSplitOptions& options);
};

Layout layout_with_sign(const std::string& name, const std::string& sign, const std::string& splits,
                        decltype(Layout::list) list) {
  const auto is_at = [sign](const fs::path& root) {
    std::error_code code;
    return fs::exists(root / sign, code);
  };
  return {name, sign, is_at, [splits](const fs::path& root) { return root / splits; }, list};
}

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> list = {
      layout_with_sign("ade20k", "objectInfo150.txt", "images", list_ade20k),
      layout_with_sign("voc", "ImageSets/Segmentation", "ImageSets/Segmentation", list_voc),
      layout_with_sign("cityscapes", "leftImg8bit", "leftImg8bit", list_cityscapes),
      {"pairs", "images and masks", [](const fs::path& root) { return find_pair_folders(root).has_value(); },
       [](const fs::path& root) { return pair_folders(root).images; }, list_pairs},
  };
  return list;
}

const Layout& find_layout(const fs::path& root, const std::string& name) {
  std::string signs;
  for (const auto& layout : layouts()) {
    if (name == layout.name || (name == "auto" && layout.is_at(root))) return layout;
    if (layout.name != "pairs") signs += (signs.empty() ? "" : ", ") + layout.name + ": " + layout.sign;
  }
  if (name != "auto") {
    throw ConfigError("data.layout: unknown layout '" + name + "'" + suggest_name(name, layout_names()));
  }
  std::error_code code;
  if (!fs::is_directory(root, code)) throw ConfigError(root.string() + " is no folder");
  throw ConfigError(root.string() + " has none of the known layouts of pictures and masks. " + how_to_pair(root) +
                    "\nOther layouts are known by what they hold (" + signs + ")");
}

// Names of folders, and of text files without their ending.
std::vector<std::string> names_in(const std::filesystem::path& folder) {
  auto names = subfolder_names(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  return names;
}

// Sorted, and each once.
void tidy(SegmentationListing& listing) {
  const auto image_of = [](const PictureAndMask& pair) { return pair.image.native(); };
  std::ranges::sort(listing.pairs, {}, image_of);
  const auto [begin, end] = std::ranges::unique(listing.pairs, {}, image_of);
  listing.pairs.erase(begin, end);
}

// All pictures but a test split's, then the part of the folds that is asked for.
SegmentationListing list_fold(const std::filesystem::path& root, const SegmentationSplitOptions& options,
                              const Layout& layout) {
  SegmentationListing all;
  for (const auto& split : splits_to_fold(layout_splits(root, layout.name))) {
    SegmentationSplitOptions whole = options;
    whole.split = split;
    SegmentationListing part = layout.list(root, whole);
    part.pairs.insert(part.pairs.end(), all.pairs.begin(), all.pairs.end());
    all = std::move(part);
  }
  tidy(all);
  const FoldPart part = part_of_folds(all.pairs.size(), options, root.string());
  std::vector<PictureAndMask> kept;
  for (size_t i = 0; i < all.pairs.size(); ++i) {
    if (part.members[i]) kept.push_back(std::move(all.pairs[i]));
  }
  all.pairs = std::move(kept);
  all.unused_masks.clear();  // they belong to a split, and this is none
  all.description = root.string() + ": " + part.text;
  return all;
}

}  // namespace

bool has_segmentation_layout(const std::filesystem::path& root) {
  std::error_code code;
  return std::any_of(layouts().begin(), layouts().end(), [&](const Layout& layout) {
    return layout.is_at(root) && fs::is_directory(layout.splits(root), code);
  });
}

std::vector<std::string> layout_splits(const std::filesystem::path& root, const std::string& layout_name) {
  const Layout& layout = find_layout(root, layout_name);
  const auto present = names_in(layout.splits(root));
  std::vector<std::string> splits;
  for (const std::string split : {"train", "val", "test"}) {
    const auto found = first_present(names_of_split(split), present);
    if (found && std::find(splits.begin(), splits.end(), *found) == splits.end()) splits.push_back(*found);
  }
  if (layout.name != "pairs") return splits;
  if (splits.empty()) return {"train", "val"};
  if (!first_present(names_of_split("val"), splits)) splits.emplace_back("val");
  return splits;
}

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const auto& layout : layouts()) names.push_back(layout.name);
  return names;
}

SegmentationListing list_segmentation(const std::filesystem::path& root, const SegmentationSplitOptions& options) {
  const Layout& layout = find_layout(root, options.layout);
  auto listing = is_cut_into_folds(options) ? list_fold(root, options, layout) : layout.list(root, options);
  tidy(listing);
  if (listing.pairs.empty()) {
    throw ConfigError(root.string() + " has no picture in the split '" + options.split + "'");
  }
  return listing;
}

}  // namespace multipole

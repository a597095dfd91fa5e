#include "datasets/layouts/layout.h"

#include <algorithm>

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

const Layout& find_layout(const fs::path& root, const std::string& name) {
  if (name != "auto") return layout_registry().find(name, "data.layout");
  std::string signs;
  for (const auto& [known, layout] : layout_registry().entries()) {
    if (layout.is_at(root)) return layout;
    if (!layout.makes_splits) signs += (signs.empty() ? "" : ", ") + known + ": " + layout.sign;
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

std::vector<std::string> splits_of(const fs::path& root, const Layout& layout) {
  const auto present = names_in(layout.splits(root));
  std::vector<std::string> splits;
  for (const std::string split : {"train", "val", "test"}) {
    const auto found = first_present(names_of_split(split), present);
    if (found && std::find(splits.begin(), splits.end(), *found) == splits.end()) splits.push_back(*found);
  }
  if (!layout.makes_splits) return splits;
  if (splits.empty()) return {"train", "val"};
  if (!first_present(names_of_split("val"), splits)) splits.emplace_back("val");
  return splits;
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
  for (const auto& split : splits_to_fold(splits_of(root, layout))) {
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
  return std::ranges::any_of(layout_registry().entries(), [&](const auto& entry) {
    const Layout& layout = entry.second;
    return layout.is_at(root) && fs::is_directory(layout.splits(root), code);
  });
}

std::vector<std::string> layout_splits(const std::filesystem::path& root, const std::string& layout) {
  return splits_of(root, find_layout(root, layout));
}

std::vector<std::string> layout_names() { return layout_registry().names(); }

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

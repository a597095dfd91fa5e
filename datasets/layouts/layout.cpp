#include "datasets/layouts/layout.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/sample_random.h"
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

// All pictures but a test split's.
SegmentationListing list_for_folds(const std::filesystem::path& root, const SegmentationSplitOptions& options,
                                   const Layout& layout) {
  SegmentationListing all;
  for (const auto& split : splits_to_fold(splits_of(root, layout))) {
    SegmentationSplitOptions whole = options;
    whole.split = split;
    SegmentationListing part = layout.list(root, whole);
    part.pairs.insert(part.pairs.end(), all.pairs.begin(), all.pairs.end());
    all = std::move(part);
  }
  all.is_uncut = true;
  all.unused_masks.clear();  // they belong to a split, and this is none
  all.description = root.string();
  return all;
}

void refuse_empty(const SegmentationListing& listing, const fs::path& root, const SegmentationSplitOptions& options) {
  if (!listing.pairs.empty()) return;
  throw ConfigError(root.string() + " has no picture in the split '" + options.split + "'");
}

// The pictures of which `is_kept` holds.
std::vector<PictureAndMask> kept_of(std::vector<PictureAndMask> pairs, const std::vector<bool>& is_kept) {
  std::vector<PictureAndMask> kept;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (is_kept[i]) kept.push_back(std::move(pairs[i]));
  }
  return kept;
}

// The pictures that a seeded shuffle gives to `split`; train gets what val leaves.
std::vector<PictureAndMask> make_split(std::vector<PictureAndMask> all, const SegmentationSplitOptions& options) {
  SampleRandom random(options.split_seed, 0, 0, RandomStream::kSplit);
  for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.below(static_cast<int64_t>(i))]);
  const auto share = static_cast<size_t>(std::llround(options.val_fraction * static_cast<double>(all.size())));
  const size_t held_out = all.size() < 2 ? 0 : std::clamp<size_t>(share, 1, all.size() - 1);
  const auto middle = all.begin() + static_cast<ptrdiff_t>(held_out);
  return options.split == "train" ? std::vector(middle, all.end()) : std::vector(all.begin(), middle);
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

SegmentationListing list_uncut(const std::filesystem::path& root, const SegmentationSplitOptions& options) {
  const Layout& layout = find_layout(root, options.layout);
  auto listing = is_cut_into_folds(options) ? list_for_folds(root, options, layout) : layout.list(root, options);
  tidy(listing);
  refuse_empty(listing, root, options);
  return listing;
}

SegmentationListing cut_by_pictures(SegmentationListing listing, const std::filesystem::path& root,
                                    const SegmentationSplitOptions& options) {
  if (!listing.is_uncut) return listing;
  listing.is_uncut = false;
  if (is_cut_into_folds(options)) {
    const FoldPart part = part_of_folds(listing.pairs.size(), options, root.string());
    listing.pairs = kept_of(std::move(listing.pairs), part.members);
    listing.description += ": " + part.text;
  } else {
    listing.pairs = make_split(std::move(listing.pairs), options);
    listing.description = options.split + ": " + std::to_string(listing.pairs.size()) +
                          " pictures and masks, cut from " + listing.description + " by seed " +
                          std::to_string(options.split_seed);
  }
  tidy(listing);
  refuse_empty(listing, root, options);
  return listing;
}

SegmentationListing list_segmentation(const std::filesystem::path& root, const SegmentationSplitOptions& options) {
  return cut_by_pictures(list_uncut(root, options), root, options);
}

}  // namespace multipole

#include "base/error.h"
#include "datasets/layouts/class_list.h"
#include "datasets/layouts/layouts.h"
#include "datasets/layouts/pair_folders.h"
#include "datasets/layouts/pairing.h"
#include "datasets/pictures/image_files.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

SegmentationListing list_pairs(const fs::path& root, const SegmentationSplitOptions& options) {
  const auto [images, annotations] = pair_folders(root);
  SegmentationListing listing;
  listing.class_list = root / "classes.txt";
  std::error_code code;
  if (fs::exists(listing.class_list, code)) {
    const auto classes = read_class_list(listing.class_list);
    listing.class_names = classes.names;
    listing.palette = classes.palette;
  }

  const auto folders = subfolder_names(images);
  auto wanted = names_of_split(options.split);
  if (wanted.empty()) wanted = {options.split};
  // without a folder for val both are cut from the same pictures
  const bool is_cut = options.split == "train" && !first_present(names_of_split("val"), folders);
  const auto folder = first_present(wanted, folders);
  if (folder && !is_cut) {
    listing.pairs = match_mirrored(images / *folder, annotations / *folder);
    listing.unused_masks = masks_without_picture(annotations / *folder, listing.pairs);
    const size_t count = listing.pairs.size();
    listing.description = options.split + ": " + std::to_string(count) +
                          (count == 1 ? " picture and its mask in " : " pictures and masks in ") +
                          (images / *folder).string();
    return listing;
  }
  if (options.split != "train" && options.split != "val") {
    std::string found;
    for (const auto& name : folders) found += (found.empty() ? "" : ", ") + name;
    throw ConfigError(images.string() + " has no split '" + options.split +
                      "'; found: " + (found.empty() ? "no folder" : found));
  }
  const auto train_folder = first_present(names_of_split("train"), folders);
  const fs::path inner = train_folder.value_or("");
  listing.pairs = match_mirrored(images / inner, annotations / inner);
  listing.unused_masks = masks_without_picture(annotations / inner, listing.pairs);
  listing.is_uncut = true;
  listing.description = (images / inner).string();
  return listing;
}

}  // namespace

Layout pairs_layout() {
  return {.sign = "images and masks",
          .is_at = [](const fs::path& root) { return find_pair_folders(root).has_value(); },
          .splits = [](const fs::path& root) { return pair_folders(root).images; },
          .list = list_pairs,
          .makes_splits = true};
}

}  // namespace multipole

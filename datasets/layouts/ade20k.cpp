// ADE20K as the MIT scene parsing benchmark packs it (Zhou et al., arXiv 1608.05442): 150 classes, masks hold 0 for
// unlabelled pixels and class ids from 1.
#include "base/error.h"
#include "datasets/layouts/layouts.h"
#include "datasets/layouts/pairing.h"
#include "datasets/pictures/image_files.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

SegmentationListing list_ade20k(const fs::path& root, const SegmentationSplitOptions& options) {
  SegmentationListing listing;
  listing.reduce_zero_label = true;
  const fs::path info = root / "objectInfo150.txt";
  auto lines = read_lines(info);
  if (lines.size() < 2) throw ConfigError(info.string() + " names no class");
  lines.erase(lines.begin());  // Idx, Ratio, Train, Val, Name
  for (const auto& line : lines) {
    // "wall" of "wall, paneling": the first of the synonyms
    listing.class_names.push_back(split_fields(split_fields(line, '\t').back(), ',').front());
  }
  const auto folder = first_present(names_of_split(options.split), subfolder_names(root / "images"));
  if (!folder) throw ConfigError((root / "images").string() + " has no split '" + options.split + "'");
  const fs::path images = root / "images" / *folder, annotations = root / "annotations" / *folder;
  listing.pairs = match_mirrored(images, annotations);
  listing.unused_masks = masks_without_picture(annotations, listing.pairs);
  listing.description = options.split + ": " + std::to_string(listing.pairs.size()) +
                        " pictures and masks of ADE20K in " + images.string();
  return listing;
}

}  // namespace

Layout ade20k_layout() { return layout_with_sign("objectInfo150.txt", "images", list_ade20k); }

}  // namespace multipole

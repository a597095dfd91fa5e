// PASCAL VOC 2012 (Everingham et al., IJCV 2010): palette masks with 20 classes, background 0, and 255 on the borders.
#include "base/error.h"
#include "datasets/layouts/layouts.h"
#include "datasets/layouts/pairing.h"
#include "datasets/pictures/palette.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

SegmentationListing list_voc(const fs::path& root, const SegmentationSplitOptions& options) {
  SegmentationListing listing;
  listing.class_names = {"background", "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",
                         "car",        "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",
                         "motorbike",  "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};
  const auto colors = voc_palette();
  for (size_t id = 0; id < listing.class_names.size(); ++id) {
    listing.palette.emplace_back(colors[id].begin(), colors[id].end());
  }
  const fs::path names = root / "ImageSets" / "Segmentation" / (options.split + ".txt");
  for (const auto& name : read_lines(names)) {
    PictureAndMask pair{root / "JPEGImages" / (name + ".jpg"), root / "SegmentationClass" / (name + ".png")};
    std::error_code code;
    for (const auto& path : {pair.image, pair.mask}) {
      if (!fs::exists(path, code))
        throw ConfigError(names.string() + " lists " + name + ", but there is no " + path.string());
    }
    listing.pairs.push_back(std::move(pair));
  }
  listing.description =
      options.split + ": " + std::to_string(listing.pairs.size()) + " pictures and masks of VOC by " + names.string();
  return listing;
}

}  // namespace

Layout voc_layout() { return layout_with_sign("ImageSets/Segmentation", "ImageSets/Segmentation", list_voc); }

}  // namespace multipole

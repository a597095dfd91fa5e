// PASCAL VOC 2012 (Everingham et al., IJCV 2010): palette masks with 20 classes, background 0, and 255 on the borders.
#include "backbone/config/error.h"
#include "datasets/segmentation/layouts/layouts.h"
#include "datasets/segmentation/layouts/pairing.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

// The devkit's colours: bit k of the three channels, from the highest down, is taken from three bits of the id.
std::vector<int64_t> voc_color(int64_t id) {
  std::vector<int64_t> color(3, 0);
  for (int bit = 7; id > 0; --bit, id >>= 3) {
    for (int channel = 0; channel < 3; ++channel) color[channel] |= (id >> channel & 1) << bit;
  }
  return color;
}

}  // namespace

SegmentationListing list_voc(const fs::path& root, const SegmentationSplitOptions& options) {
  SegmentationListing listing;
  listing.class_names = {"background", "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",
                         "car",        "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",
                         "motorbike",  "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};
  for (size_t id = 0; id < listing.class_names.size(); ++id) {
    listing.palette.push_back(voc_color(static_cast<int64_t>(id)));
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

}  // namespace multipole

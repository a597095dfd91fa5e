// Cityscapes (Cordts et al., arXiv 1604.01685): 19 of its 34 label ids are trained and evaluated, the others ignored.
#include <array>
#include <string>

#include "base/error.h"
#include "datasets/layouts/layouts.h"
#include "datasets/layouts/pairing.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

struct CityscapesClass {
  const char* name;
  int64_t label_id;  // what *_labelIds.png stores
  std::array<int64_t, 3> color;
};

// In the order of the benchmark's train ids.
constexpr std::array<CityscapesClass, 19> kClasses = {{
    {"road", 7, {128, 64, 128}},
    {"sidewalk", 8, {244, 35, 232}},
    {"building", 11, {70, 70, 70}},
    {"wall", 12, {102, 102, 156}},
    {"fence", 13, {190, 153, 153}},
    {"pole", 17, {153, 153, 153}},
    {"traffic light", 19, {250, 170, 30}},
    {"traffic sign", 20, {220, 220, 0}},
    {"vegetation", 21, {107, 142, 35}},
    {"terrain", 22, {152, 251, 152}},
    {"sky", 23, {70, 130, 180}},
    {"person", 24, {220, 20, 60}},
    {"rider", 25, {255, 0, 0}},
    {"car", 26, {0, 0, 142}},
    {"truck", 27, {0, 0, 70}},
    {"bus", 28, {0, 60, 100}},
    {"train", 31, {0, 80, 100}},
    {"motorcycle", 32, {0, 0, 230}},
    {"bicycle", 33, {119, 11, 32}},
}};
constexpr int64_t kNumLabelIds = 34;
constexpr int64_t kIgnored = 255;

SegmentationListing list_cityscapes(const fs::path& root, const SegmentationSplitOptions& options) {
  SegmentationListing listing;
  for (int64_t id = 0; id < kNumLabelIds; ++id) listing.label_of_value[id] = kIgnored;
  for (size_t i = 0; i < kClasses.size(); ++i) {
    listing.class_names.emplace_back(kClasses[i].name);
    listing.palette.emplace_back(kClasses[i].color.begin(), kClasses[i].color.end());
    listing.label_of_value[kClasses[i].label_id] = static_cast<int64_t>(i);
  }
  const fs::path images = root / "leftImg8bit" / options.split, annotations = root / "gtFine" / options.split;
  const std::string ending = "_leftImg8bit";
  const auto mask_of = [&](const fs::path& relative) {
    const std::string stem = relative.stem().string();
    if (!stem.ends_with(ending)) throw ConfigError((images / relative).string() + ": expected *" + ending + ".png");
    return annotations / relative.parent_path() /
           (stem.substr(0, stem.size() - ending.size()) + "_gtFine_labelIds.png");
  };
  listing.pairs = match_masks(images, mask_of, [&](const fs::path& relative) { return mask_of(relative).string(); });
  listing.description = options.split + ": " + std::to_string(listing.pairs.size()) +
                        " pictures and masks of Cityscapes in " + images.string();
  return listing;
}

}  // namespace

Layout cityscapes_layout() { return layout_with_sign("leftImg8bit", "leftImg8bit", list_cityscapes); }

}  // namespace multipole

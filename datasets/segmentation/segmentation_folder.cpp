#include "datasets/segmentation/segmentation_folder.h"

#include <utility>

#include "backbone/config/error.h"
#include "datasets/segmentation/color_map.h"
#include "datasets/segmentation/mask_decode.h"

namespace multipole {

namespace {

std::string size_text(const torch::Tensor& picture) {
  return std::to_string(picture.size(1)) + " x " + std::to_string(picture.size(0));
}

}  // namespace

SegmentationFolder::SegmentationFolder(const std::filesystem::path& root, const SegmentationSplitOptions& split,
                                       const MaskOptions& masks, const DecodeOptions& decode)
    : root_(root),
      listing_(list_segmentation(root, split)),
      labels_(static_cast<int64_t>(listing_.class_names.size()),
              masks.reduce_zero_label.value_or(listing_.reduce_zero_label)),
      decode_(decode) {
  for (const auto& [stored, label] : listing_.label_of_value) labels_.set_value(stored, label);
  for (const int64_t stored : masks.ignored_values) labels_.set_value(stored, kIgnoredLabel);
  if (!masks.color_map.empty()) read_color_map(masks.color_map, listing_.class_names, labels_);
}

Sample SegmentationFolder::get(int64_t index) const {
  const auto& [image_path, mask_path] = listing_.pairs.at(index);
  Sample sample;
  sample.path = image_path.string();
  DecodedImage image = read_image_with_notes(image_path, decode_);
  sample.image = std::move(image.pixels);
  sample.notes = std::move(image.notes);
  sample.mask = labels_.apply(read_mask(mask_path, decode_), mask_path.string());
  if (sample.mask.size(0) != sample.image.size(0) || sample.mask.size(1) != sample.image.size(1)) {
    throw InputError(mask_path.string() + ": the mask is " + size_text(sample.mask) + " pixels, but its picture " +
                     image_path.string() + " is " + size_text(sample.image));
  }
  return sample;
}

std::string SegmentationFolder::image_name(int64_t index) const {
  return listing_.pairs.at(index).image.lexically_relative(root_).string();
}

std::string SegmentationFolder::mask_name(int64_t index) const {
  return listing_.pairs.at(index).mask.lexically_relative(root_).string();
}

std::vector<std::string> SegmentationFolder::unused_masks() const {
  std::vector<std::string> paths;
  for (const auto& mask : listing_.unused_masks) paths.push_back(mask.string());
  return paths;
}

}  // namespace multipole

#include "datasets/segmentation/segmentation_folder.h"

#include <utility>

#include "base/error.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/segmentation/labelled_sample.h"

namespace multipole {

namespace {

std::string size_text(const torch::Tensor& picture) {
  return std::to_string(picture.size(1)) + " x " + std::to_string(picture.size(0));
}

}  // namespace

SegmentationFolder::SegmentationFolder(const std::filesystem::path& root, const SegmentationSplitOptions& split,
                                       const MaskOptions& masks, const DecodeOptions& decode)
    : SegmentationFolder(root, list_segmentation(root, split), masks, decode) {}

SegmentationFolder::SegmentationFolder(const std::filesystem::path& root, SegmentationListing listing,
                                       const MaskOptions& masks, const DecodeOptions& decode)
    : root_(root), listing_(std::move(listing)), decode_(decode), labels_(listing_, masks, decode) {
  if (!labels_.note().empty()) listing_.description += "; " + labels_.note();
}

Sample SegmentationFolder::get(int64_t index) const {
  const auto& [image_path, mask_path] = listing_.pairs.at(index);
  DecodedImage image = read_picture(image_path, decode_);
  LabelPart part = labels_of(index, image.pixels);
  if (part.labels.size(0) != image.pixels.size(0) || part.labels.size(1) != image.pixels.size(1)) {
    throw InputError(mask_path.string() + ": the mask is " + size_text(part.labels) + " pixels, but its picture " +
                     image_path.string() + " is " + size_text(image.pixels));
  }
  return labelled_sample(image_path.string(), std::move(image), std::move(part));
}

LabelPart SegmentationFolder::labels_of(int64_t index, const torch::Tensor& image) const {
  const auto& [image_path, mask_path] = listing_.pairs.at(index);
  if (!labels_.is_drawn(mask_path)) {
    check_same_ground(image_path, mask_path);
    return labels_.read_whole(mask_path);
  }
  const int64_t height = image.size(0), width = image.size(1);
  const auto polygons = labels_.draw(mask_path, place_of(image_path.string(), height, width));
  LabelPart part = polygons->read({0, 0, height, width});
  part.notes = polygons->notes();
  return part;
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

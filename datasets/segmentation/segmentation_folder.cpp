#include "datasets/segmentation/segmentation_folder.h"

#include <torch/utils.h>

#include <utility>

#include "base/error.h"
#include "datasets/masks/label_map.h"
#include "datasets/masks/mask_decode.h"
#include "datasets/pictures/read_picture.h"

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
      decode_(decode),
      meaning_(find_mask_meaning(listing_, masks, decode)) {
  if (!meaning_.note.empty()) listing_.description += "; " + meaning_.note;
}

Sample SegmentationFolder::get(int64_t index) const {
  const auto& [image_path, mask_path] = listing_.pairs.at(index);
  Sample sample;
  sample.path = image_path.string();
  DecodedImage image = read_picture(image_path, decode_);
  sample.image = std::move(image.pixels);
  sample.notes = std::move(image.notes);
  const auto form = meaning_.options.color_map.empty() ? MaskForm::kStored : MaskForm::kColors;
  sample.mask = meaning_.labels.apply(read_mask(mask_path, decode_, form), mask_path.string());
  if (sample.mask.size(0) != sample.image.size(0) || sample.mask.size(1) != sample.image.size(1)) {
    throw InputError(mask_path.string() + ": the mask is " + size_text(sample.mask) + " pixels, but its picture " +
                     image_path.string() + " is " + size_text(sample.image));
  }
  if (image.valid.defined()) {
    const torch::Tensor nodata = image.valid.logical_not();
    sample.nodata_pixels = nodata.sum().item<int64_t>();
    sample.mask.masked_fill_(nodata, kIgnoredLabel);
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

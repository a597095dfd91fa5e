#include "datasets/segmentation/segmentation_blocks.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "datasets/layouts/folds.h"
#include "datasets/segmentation/labelled_sample.h"
#include "datasets/splits/stratified_split.h"

namespace multipole {

namespace {

std::string size_text(int64_t height, int64_t width) { return std::to_string(width) + " x " + std::to_string(height); }

std::string box_text(const CropBox& box) {
  return "[" + std::to_string(box.top) + ":" + std::to_string(box.bottom()) + "," + std::to_string(box.left) + ":" +
         std::to_string(box.right()) + "]";
}

// "500 x 500", or "from 400 x 300 to 500 x 500" by the number of pixels.
std::string size_range(const std::vector<GroundBlock>& blocks) {
  const auto pixels = [](const GroundBlock& block) { return block.box.height * block.box.width; };
  const auto [least, most] = std::ranges::minmax_element(blocks, {}, pixels);
  const std::string first = size_text(least->box.height, least->box.width),
                    last = size_text(most->box.height, most->box.width);
  return first == last ? first : "from " + first + " to " + last;
}

std::string count_text(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

SegmentationBlocks::SegmentationBlocks(const std::filesystem::path& root, SegmentationListing listing,
                                       const SegmentationSplitOptions& split, const BlockChoice& choice,
                                       const MaskOptions& masks, const DecodeOptions& decode)
    : root_(root), listing_(std::move(listing)), labels_(listing_, masks, decode) {
  open_rasters(decode);
  take_blocks(split, choice);
  if (!labels_.note().empty()) description_ += "; " + labels_.note();
  description_ += notes_;
}

void SegmentationBlocks::open_rasters(const DecodeOptions& decode) {
  for (const auto& pair : listing_.pairs) {
    Raster raster;
    raster.picture = std::make_unique<PictureWindows>(pair.image, decode);
    raster.labels = open_labels(pair, *raster.picture);
    rasters_.push_back(std::move(raster));
  }
}

std::unique_ptr<LabelWindows> SegmentationBlocks::open_labels(const PictureAndMask& pair,
                                                              const PictureWindows& picture) {
  if (labels_.is_drawn(pair.mask)) {
    auto drawn = labels_.draw(pair.mask, place_of(pair.image.string(), picture.height(), picture.width()));
    for (const auto& note : drawn->notes()) notes_ += "; " + pair.mask.string() + ": " + note;
    return drawn;
  }
  auto labels = labels_.windows(pair.mask);
  if (labels->height() != picture.height() || labels->width() != picture.width()) {
    throw InputError(pair.mask.string() + ": the mask is " + size_text(labels->height(), labels->width()) +
                     " pixels, but its picture " + pair.image.string() + " is " +
                     size_text(picture.height(), picture.width()));
  }
  check_same_ground(pair.image, pair.mask);
  return labels;
}

void SegmentationBlocks::take_blocks(const SegmentationSplitOptions& split, const BlockChoice& choice) {
  std::vector<RasterSize> sizes;
  for (const auto& raster : rasters_) sizes.push_back({raster.picture->height(), raster.picture->width()});
  blocks_ = cut_into_blocks(sizes, choice.side);
  const std::string size = size_range(blocks_) + " pixels";
  if (choice.cuts_split) return cut_split(split, size);
  description_ = listing_.description + ", in " + count_text(blocks_.size(), "block") + " of ground of " + size;
}

void SegmentationBlocks::cut_split(const SegmentationSplitOptions& split, const std::string& size) {
  const size_t count = blocks_.size();
  if (count < 2) {
    throw ConfigError(listing_.description + ": a split cannot be cut of one block of " + size +
                      "; give smaller blocks (data.block), more pictures, or folders of splits");
  }
  std::vector<bool> held_out;
  std::string cut = "cut by seed " + std::to_string(split.split_seed);
  if (is_cut_into_folds(split)) {
    SegmentationSplitOptions val = split;
    val.split = "val";
    const FoldPart part = part_of_folds(count, val, root_.string(), "blocks");
    held_out = part.members;
    cut += ", fold " + std::to_string(split.fold) + " of " + std::to_string(split.folds) + " being val";
  } else {
    held_out = held_out_part(std::vector<int64_t>(count, 0), split.val_fraction, split.split_seed);
  }
  const bool is_val = split.split == "val";
  std::string gap;
  if (is_val) {
    std::vector<GroundBlock> kept;
    for (size_t i = 0; i < count; ++i) {
      if (held_out[i]) kept.push_back(blocks_[i]);
    }
    blocks_ = std::move(kept);
  } else {
    blocks_ = blocks_apart(blocks_, held_out, split.block_gap);
    gap = "; training leaves out " + std::to_string(split.block_gap) + " pixels beside each block of val";
  }
  if (blocks_.empty()) {
    throw ConfigError(listing_.description + ": no block of ground is left for " + split.split +
                      ": data.block_gap=" + std::to_string(split.block_gap) + " is as large as the blocks");
  }
  description_ = split.split + ": " + std::to_string(blocks_.size()) + " of " + std::to_string(count) +
                 " blocks of ground of " + size + ", of " + count_text(rasters_.size(), "picture") + " in " +
                 listing_.description + ", " + cut + gap;
}

Sample SegmentationBlocks::get(int64_t index) const {
  const auto& [place, box] = blocks_.at(static_cast<size_t>(index));
  const Raster& raster = rasters_[place];
  return labelled_sample(path(index), raster.picture->read(box), raster.labels->read(box));
}

std::string SegmentationBlocks::path(int64_t index) const {
  const auto& [place, box] = blocks_.at(static_cast<size_t>(index));
  return listing_.pairs[place].image.string() + box_text(box);
}

std::string SegmentationBlocks::image_name(int64_t index) const {
  const auto& [place, box] = blocks_.at(static_cast<size_t>(index));
  return listing_.pairs[place].image.lexically_relative(root_).string() + box_text(box);
}

std::string SegmentationBlocks::mask_name(int64_t index) const {
  const auto& [place, box] = blocks_.at(static_cast<size_t>(index));
  return listing_.pairs[place].mask.lexically_relative(root_).string() + box_text(box);
}

std::vector<std::filesystem::path> SegmentationBlocks::pictures() const {
  std::vector<std::filesystem::path> paths;
  for (const auto& pair : listing_.pairs) paths.push_back(pair.image);
  return paths;
}

int64_t SegmentationBlocks::block_pixels() const {
  int64_t pixels = 0;
  for (const auto& block : blocks_) pixels += block.box.height * block.box.width;
  return pixels / size();
}

std::vector<std::string> SegmentationBlocks::unused_masks() const {
  std::vector<std::string> paths;
  for (const auto& mask : listing_.unused_masks) paths.push_back(mask.string());
  return paths;
}

}  // namespace multipole

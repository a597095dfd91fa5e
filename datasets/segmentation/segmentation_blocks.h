// Pictures that are cut into blocks of ground, each a sample: rasters that memory need not hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/ground/ground_blocks.h"
#include "datasets/ground/label_windows.h"
#include "datasets/ground/picture_windows.h"
#include "datasets/layouts/layout.h"
#include "datasets/segmentation/block_choice.h"
#include "datasets/segmentation/label_reading.h"
#include "datasets/segmentation/segmentation_dataset.h"

namespace multipole {

class SegmentationBlocks : public SegmentationDataset {
 public:
  // `listing`: as list_uncut() gives it where the blocks make the split. Reads headers, and files of polygons. Throws
  // InputError where labels are of another size or ground than their picture, ConfigError where no block is left for a
  // split, and what LabelReading and PlacedPolygons throw.
  SegmentationBlocks(const std::filesystem::path& root, SegmentationListing listing,
                     const SegmentationSplitOptions& split, const BlockChoice& choice, const MaskOptions& masks,
                     const DecodeOptions& decode);

  int64_t size() const override { return static_cast<int64_t>(blocks_.size()); }
  Sample get(int64_t index) const override;
  // "images/a.tif[0:1000,1000:2000]": rows and columns as NumPy has them.
  std::string path(int64_t index) const override;
  std::string image_name(int64_t index) const override;
  std::string mask_name(int64_t index) const override;
  std::vector<std::filesystem::path> pictures() const override;
  int64_t block_pixels() const override;
  std::vector<std::string> unused_masks() const override;
  const std::vector<std::string>& class_names() const override { return labels_.options().class_names; }
  const std::vector<std::vector<int64_t>>& palette() const override { return listing_.palette; }
  const MaskOptions& masks() const override { return labels_.options(); }
  const std::string& description() const override { return description_; }

 private:
  struct Raster {
    std::unique_ptr<PictureWindows> picture;
    std::unique_ptr<LabelWindows> labels;
  };

  void open_rasters(const DecodeOptions& decode);
  std::unique_ptr<LabelWindows> open_labels(const PictureAndMask& pair, const PictureWindows& picture);
  void take_blocks(const SegmentationSplitOptions& split, const BlockChoice& choice);
  void cut_split(const SegmentationSplitOptions& split, const std::string& size);

  std::filesystem::path root_;
  SegmentationListing listing_;
  LabelReading labels_;
  std::vector<Raster> rasters_;  // of each pair
  std::vector<GroundBlock> blocks_;
  std::string description_;
  std::string notes_;  // of polygons
};

}  // namespace multipole

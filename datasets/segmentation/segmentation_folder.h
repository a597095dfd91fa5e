// Pictures with masks from a folder in one of the layouts of layout.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/layouts/layout.h"
#include "datasets/segmentation/label_reading.h"
#include "datasets/segmentation/segmentation_dataset.h"

namespace multipole {

class SegmentationFolder : public SegmentationDataset {
 public:
  // Throws ConfigError as list_segmentation() does, and what LabelReading throws.
  SegmentationFolder(const std::filesystem::path& root, const SegmentationSplitOptions& split,
                     const MaskOptions& masks = {}, const DecodeOptions& decode = {});
  // Of pictures that are listed.
  SegmentationFolder(const std::filesystem::path& root, SegmentationListing listing, const MaskOptions& masks,
                     const DecodeOptions& decode);

  int64_t size() const override { return static_cast<int64_t>(listing_.pairs.size()); }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return listing_.pairs.at(index).image.string(); }
  std::string image_name(int64_t index) const override;
  std::string mask_name(int64_t index) const override;
  std::vector<std::string> unused_masks() const override;
  const std::vector<std::string>& class_names() const override { return labels_.options().class_names; }
  const std::vector<std::vector<int64_t>>& palette() const override { return listing_.palette; }
  const MaskOptions& masks() const override { return labels_.options(); }
  const std::string& description() const override { return listing_.description; }

 private:
  LabelPart labels_of(int64_t index, const torch::Tensor& image) const;

  std::filesystem::path root_;
  SegmentationListing listing_;
  DecodeOptions decode_;
  LabelReading labels_;
};

}  // namespace multipole

// Pictures with masks from a folder in one of the layouts of layout.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/image_decode.h"
#include "datasets/segmentation/label_map.h"
#include "datasets/segmentation/layout.h"

namespace multipole {

struct MaskOptions {
  std::optional<bool> reduce_zero_label = std::nullopt;  // nothing: the layout's own habit
  std::vector<int64_t> ignored_values = {};              // stored values to ignore beside 255
  std::filesystem::path color_map = {};                  // see color_map.h; empty: masks hold class ids
};

class SegmentationFolder : public Dataset {
 public:
  // Throws ConfigError as list_segmentation() and read_color_map() do.
  SegmentationFolder(const std::filesystem::path& root, const SegmentationSplitOptions& split,
                     const MaskOptions& masks = {}, const DecodeOptions& decode = {});

  int64_t size() const override { return static_cast<int64_t>(listing_.pairs.size()); }
  // The upright picture and its mask, (H, W) uint8 with 255 ignored. Throws InputError where one of them cannot be
  // read, their sizes differ, or the mask holds an unknown value.
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return listing_.pairs.at(index).image.string(); }
  std::string mask_path(int64_t index) const { return listing_.pairs.at(index).mask.string(); }

  const std::vector<std::string>& class_names() const { return listing_.class_names; }
  // An RGB colour a class; empty where the data has none.
  const std::vector<std::vector<int64_t>>& palette() const { return listing_.palette; }
  const std::string& description() const { return listing_.description; }

 private:
  SegmentationListing listing_;
  LabelMap labels_;
  DecodeOptions decode_;
};

}  // namespace multipole

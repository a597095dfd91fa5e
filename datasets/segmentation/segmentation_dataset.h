// Pictures with masks, wherever they lie: a folder in one of the layouts of layout.h, or packed data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/dataset.h"
#include "datasets/layouts/layout.h"
#include "datasets/masks/mask_options.h"

namespace multipole {

// What a path to pictures with masks may be, in words for help.
std::string segmentation_data_forms();

// get() gives the upright picture and its mask, (H, W) uint8 with 255 ignored. It throws InputError where one of them
// cannot be read, their sizes differ, or the mask holds an unknown value.
class SegmentationDataset : public Dataset {
 public:
  virtual const std::vector<std::string>& class_names() const = 0;
  // An RGB colour a class; empty where the data has none.
  virtual const std::vector<std::vector<int64_t>>& palette() const = 0;
  // How masks are read: what was said of them, and what was found out. Another split of the same data is read by it.
  virtual const MaskOptions& masks() const = 0;
  // What was taken from where, one line for people.
  virtual const std::string& description() const = 0;
  // Names within the data, the same wherever it lies.
  virtual std::string image_name(int64_t index) const = 0;
  virtual std::string mask_name(int64_t index) const = 0;
  // The files of the pictures, each once.
  virtual std::vector<std::filesystem::path> pictures() const;
  // Of a sample in the mean, where samples are blocks of larger pictures; 0: they are pictures.
  virtual int64_t block_pixels() const { return 0; }
  // Masks that belong to no picture.
  virtual std::vector<std::string> unused_masks() const { return {}; }
  // Whether reading costs no decoding, so that keeping samples in memory would gain nothing.
  virtual bool is_decoded() const { return false; }
};

// Whether `path` is a folder in a layout of pictures with masks, or packed data with masks.
bool is_segmentation_data(const std::filesystem::path& path);

// The splits that the data has, by its own names: train (or training), val, test and the like. Throws ConfigError.
std::vector<std::string> segmentation_splits(const std::filesystem::path& path, const std::string& layout);

// Throws ConfigError where the data as a whole is unusable.
std::shared_ptr<const SegmentationDataset> open_segmentation_data(const std::filesystem::path& path,
                                                                  const SegmentationSplitOptions& split,
                                                                  const MaskOptions& masks = {},
                                                                  const DecodeOptions& decode = {});

}  // namespace multipole

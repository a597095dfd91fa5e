// Pictures with masks from packed data (formats/pack_format.h), mapped into memory. Masks hold class ids and 255; the
// names of the classes are the lines of a classes.txt, "name" or "name<TAB>R G B".
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "datasets/formats/pack_reader.h"
#include "datasets/segmentation/segmentation_dataset.h"

namespace multipole {

class SegmentationPack : public SegmentationDataset {
 public:
  // Throws InputError where the file cannot be read or is no whole pack, ConfigError where it has no such split, a
  // record has no mask, or the options are those of masks that are not class ids.
  SegmentationPack(const std::filesystem::path& file, const SegmentationSplitOptions& split,
                   const MaskOptions& masks = {});

  // Whether the file is a pack of pictures with masks; false for whatever cannot be read as one.
  static bool is_one(const std::filesystem::path& file);
  static std::vector<std::string> splits(const std::filesystem::path& file);

  int64_t size() const override { return static_cast<int64_t>(records_.size()); }
  // The picture lies in read-only memory: callers must not write to it.
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return file_.string() + ":" + image_name(index); }
  std::string image_name(int64_t index) const override { return std::string(record(index).name); }
  std::string mask_name(int64_t index) const override { return image_name(index); }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  const std::vector<std::vector<int64_t>>& palette() const override { return palette_; }
  const MaskOptions& masks() const override { return masks_; }
  const std::string& description() const override { return description_; }
  bool is_decoded() const override { return true; }

 private:
  PackRecord record(int64_t index) const { return reader_.record(records_.at(static_cast<size_t>(index))); }
  void take_records(const SegmentationSplitOptions& split);
  void take_fold(const SegmentationSplitOptions& split);
  void take_masks(const MaskOptions& masks);

  std::filesystem::path file_;
  std::shared_ptr<const MappedFile> mapping_;
  PackReader reader_;
  std::vector<int64_t> records_;  // of the split
  std::vector<std::string> class_names_;
  std::vector<std::vector<int64_t>> palette_;
  std::string description_;
  MaskOptions masks_;
  std::array<int16_t, 256> label_of_value_ = {};  // kUnknownLabel where a value means nothing
};

}  // namespace multipole

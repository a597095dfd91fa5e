#include "datasets/segmentation/segmentation_pack.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "datasets/layouts/class_list.h"
#include "datasets/layouts/folds.h"
#include "datasets/masks/label_map.h"
#include "datasets/pictures/mapped_tensor.h"
#include "datasets/splits/split_names.h"

namespace multipole {

namespace {

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// The place of the split among those of the pack, by any of its names.
int64_t find_split(const std::vector<std::string>& present, const std::string& split, const std::string& file) {
  auto wanted = names_of_split(split);
  if (wanted.empty()) wanted = {split};
  const auto found = first_present(wanted, present);
  if (!found) throw ConfigError(file + " has no split '" + split + "'; found: " + names_text(present));
  return std::find(present.begin(), present.end(), *found) - present.begin();
}

}  // namespace

SegmentationPack::SegmentationPack(const std::filesystem::path& file, const SegmentationSplitOptions& split,
                                   const MaskOptions& masks)
    : file_(file), mapping_(std::make_shared<MappedFile>(file)), reader_(mapping_->bytes(), file.string()) {
  ClassList classes = parse_class_list(reader_.class_names(), file.string());
  class_names_ = std::move(classes.names);
  palette_ = std::move(classes.palette);
  if (is_cut_into_folds(split)) {
    take_fold(split);
  } else {
    take_records(split);
  }
  take_masks(masks);
}

// The records of a split.
void SegmentationPack::take_records(const SegmentationSplitOptions& split) {
  const int64_t wanted = find_split(reader_.split_names(), split.split, file_.string());
  for (int64_t i = 0; i < reader_.size(); ++i) {
    const PackRecord entry = reader_.record(i);
    if (entry.split != wanted) continue;
    if (entry.mask.empty()) throw ConfigError(file_.string() + ": " + std::string(entry.name) + " has no mask");
    records_.push_back(i);
  }
  if (records_.empty()) throw ConfigError(file_.string() + " has no picture in the split '" + split.split + "'");
  description_ = split.split + ": " + std::to_string(size()) + " pictures and masks packed in " + file_.string();
}

// Those of a part of the folds.
void SegmentationPack::take_fold(const SegmentationSplitOptions& split) {
  for (const auto& name : splits_to_fold(reader_.split_names())) {
    SegmentationSplitOptions whole = split;
    whole.split = name;
    take_records(whole);
  }
  std::sort(records_.begin(), records_.end());
  records_.erase(std::unique(records_.begin(), records_.end()), records_.end());
  const FoldPart part = part_of_folds(records_.size(), split, file_.string());
  std::vector<int64_t> kept;
  for (size_t i = 0; i < records_.size(); ++i) {
    if (part.members[i]) kept.push_back(records_[i]);
  }
  records_ = std::move(kept);
  description_ = file_.string() + ": " + part.text;
}

void SegmentationPack::take_masks(const MaskOptions& masks) {
  const bool moves_ignored = masks.ignore_index.value_or(kIgnoredLabel) != kIgnoredLabel;
  if (masks.reduce_zero_label.value_or(false) || !masks.color_map.empty() || moves_ignored) {
    throw ConfigError(file_.string() + ": packed masks hold class ids, and 255 for ignored pixels; " +
                      "data.reduce_zero_label, data.color_map and data.ignore_index belong to 'data pack'");
  }
  masks_ = MaskOptions();
  masks_.ignored_values = masks.ignored_values;
  masks_.class_names = class_names_;
  if (class_names_.empty() || static_cast<int64_t>(class_names_.size()) > kMaxClasses) {
    throw ConfigError(file_.string() + ": segmentation takes from 1 to " + std::to_string(kMaxClasses) +
                      " classes, got " + std::to_string(class_names_.size()));
  }
  label_of_value_.fill(kUnknownLabel);
  for (size_t label = 0; label < class_names_.size(); ++label) label_of_value_[label] = static_cast<int16_t>(label);
  label_of_value_[kIgnoredLabel] = kIgnoredLabel;
  for (const int64_t value : masks.ignored_values) {
    if (value >= 0 && value <= kIgnoredLabel) label_of_value_[static_cast<size_t>(value)] = kIgnoredLabel;
  }
}

bool SegmentationPack::is_one(const std::filesystem::path& file) {
  try {
    const MappedFile mapping(file);
    const PackReader reader(mapping.bytes(), file.string());
    return reader.size() > 0 && !reader.record(0).mask.empty();
  } catch (const InputError&) {
    return false;
  }
}

std::vector<std::string> SegmentationPack::splits(const std::filesystem::path& file) {
  const MappedFile mapping(file);
  return PackReader(mapping.bytes(), file.string()).split_names();
}

Sample SegmentationPack::get(int64_t index) const {
  const PackRecord entry = reader_.checked_record(records_.at(static_cast<size_t>(index)));
  Sample sample;
  sample.path = path(index);
  sample.image = mapped_tensor(entry.image, {entry.height, entry.width, 3}, mapping_);
  sample.mask = torch::empty({entry.height, entry.width}, torch::kUInt8);
  auto* const labels = sample.mask.data_ptr<uint8_t>();
  for (size_t i = 0; i < entry.mask.size(); ++i) {
    const int16_t label = label_of_value_[entry.mask[i]];
    if (label == kUnknownLabel) {
      throw InputError(sample.path + ": the mask's value " + std::to_string(entry.mask[i]) + " at row " +
                       std::to_string(i / static_cast<size_t>(entry.width)) + ", column " +
                       std::to_string(i % static_cast<size_t>(entry.width)) + " is no class (0 to " +
                       std::to_string(class_names_.size() - 1) + " and 255 for ignored pixels are known)");
    }
    labels[i] = static_cast<uint8_t>(label);
  }
  return sample;
}

}  // namespace multipole

#include "datasets/masks/label_map.h"

#include <cstdio>

#include "base/error.h"

namespace multipole {

namespace {

constexpr int64_t kNumValues = 65536;
constexpr int64_t kWhite = 255;

std::string place(int64_t index, int64_t width) {
  return " at row " + std::to_string(index / width) + ", column " + std::to_string(index % width);
}

}  // namespace

LabelMap::LabelMap(int64_t num_classes, bool reduce_zero_label, int64_t ignore_index)
    : num_classes_(num_classes),
      reduce_zero_label_(reduce_zero_label),
      ignore_index_(ignore_index),
      label_of_value_(kNumValues, kUnknownLabel) {
  if (num_classes < 1 || num_classes > kMaxClasses) {
    throw ConfigError("segmentation takes from 1 to " + std::to_string(kMaxClasses) + " classes, got " +
                      std::to_string(num_classes));
  }
  const int64_t first = reduce_zero_label ? 1 : 0;
  if (num_classes == 2 && !reduce_zero_label) set_value(kWhite, 1);
  if (reduce_zero_label) set_value(0, kIgnoredLabel);
  for (int64_t label = 0; label < num_classes; ++label) set_value(first + label, label);
  if (ignore_index != kNoIgnoreIndex) set_value(ignore_index, kIgnoredLabel);
}

std::string LabelMap::known_values() const {
  std::string text =
      reduce_zero_label_ ? "1 to " + std::to_string(num_classes_) + ", 0" : "0 to " + std::to_string(num_classes_ - 1);
  if (ignore_index_ != kWhite && label_of_value_[kWhite] == 1) text += ", 255 for class 1";
  if (ignore_index_ != kNoIgnoreIndex) text += " and " + std::to_string(ignore_index_) + " for ignored pixels";
  return text + " are known";
}

void LabelMap::set_value(int64_t stored, int64_t label) { label_of_value_.at(stored) = static_cast<int16_t>(label); }

void LabelMap::set_color(uint32_t color, int64_t label) { label_of_color_[color] = static_cast<uint8_t>(label); }

torch::Tensor LabelMap::apply(const StoredMask& mask, const std::string& name) const {
  return mask.is_colored() ? apply_colors(mask.values, name) : apply_values(mask.values, name);
}

torch::Tensor LabelMap::apply_values(const torch::Tensor& values, const std::string& name) const {
  const torch::Tensor stored = values.contiguous();
  torch::Tensor labels = torch::empty(values.sizes(), torch::kUInt8);
  const auto* const read = stored.data_ptr<int32_t>();
  auto* const write = labels.data_ptr<uint8_t>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    const int16_t label = label_of_value_[read[i]];
    if (label == kUnknownLabel) {
      throw InputError(name + ": the value " + std::to_string(read[i]) + place(i, values.size(1)) + " is no class (" +
                       known_values() + ")");
    }
    write[i] = static_cast<uint8_t>(label);
  }
  return labels;
}

torch::Tensor LabelMap::apply_colors(const torch::Tensor& colors, const std::string& name) const {
  if (label_of_color_.empty()) {
    throw InputError(name + ": a colour picture; a mask stores class ids, unless a colour map says what its colours " +
                     "mean (data.color_map)");
  }
  const torch::Tensor stored = colors.contiguous();
  torch::Tensor labels = torch::empty({colors.size(0), colors.size(1)}, torch::kUInt8);
  const auto* const read = stored.data_ptr<uint8_t>();
  auto* const write = labels.data_ptr<uint8_t>();
  auto last = label_of_color_.begin();
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const uint32_t color = uint32_t{read[3 * i]} << 16 | uint32_t{read[3 * i + 1]} << 8 | read[3 * i + 2];
    if (last->first != color) {
      const auto found = label_of_color_.find(color);
      if (found == label_of_color_.end()) {
        char text[8];
        std::snprintf(text, sizeof(text), "#%06x", color);
        throw InputError(name + ": the colour " + text + place(i, colors.size(1)) + " is not in the colour map");
      }
      last = found;
    }
    write[i] = last->second;
  }
  return labels;
}

}  // namespace multipole

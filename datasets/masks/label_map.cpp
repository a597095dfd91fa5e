#include "datasets/masks/label_map.h"

#include <cstdio>

#include "base/error.h"

namespace multipole {

namespace {

constexpr int64_t kNumValues = 65536;
constexpr int64_t kWhite = 255;

// Whether the pixel counts, whatever it stores.
bool counts(const bool* ignored, int64_t index) { return ignored == nullptr || !ignored[index]; }

const bool* flags_of(const torch::Tensor& ignored) { return ignored.defined() ? ignored.data_ptr<bool>() : nullptr; }

}  // namespace

struct LabelMap::Place {
  const std::string& name;
  int64_t width = 0, top = 0, left = 0;

  std::string of(int64_t index) const {
    return " at row " + std::to_string(top + index / width) + ", column " + std::to_string(left + index % width);
  }
};

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

torch::Tensor LabelMap::apply(const StoredMask& mask, const std::string& name, int64_t top, int64_t left) const {
  const Place place{name, mask.values.size(1), top, left};
  const torch::Tensor ignored = mask.ignored.defined() ? mask.ignored.contiguous() : mask.ignored;
  if (mask.is_colored() && !label_of_color_.empty()) return apply_colors(mask.values, ignored, place);
  const torch::Tensor values = gray_values(mask);
  if (values.defined()) return apply_values(values, ignored, place);
  throw InputError(name + ": a colour picture; a mask stores class ids, unless a colour map says what its colours " +
                   "mean (data.color_map)");
}

torch::Tensor LabelMap::apply_values(const torch::Tensor& values, const torch::Tensor& ignored,
                                     const Place& place) const {
  const torch::Tensor stored = values.contiguous();
  torch::Tensor labels = torch::empty(values.sizes(), torch::kUInt8);
  const auto* const read = stored.data_ptr<int32_t>();
  const bool* const skipped = flags_of(ignored);
  auto* const write = labels.data_ptr<uint8_t>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    const int16_t label = counts(skipped, i) ? label_of_value_[static_cast<size_t>(read[i])] : int16_t{kIgnoredLabel};
    if (label == kUnknownLabel) {
      throw InputError(place.name + ": the value " + std::to_string(read[i]) + place.of(i) + " is no class (" +
                       known_values() + ")");
    }
    write[i] = static_cast<uint8_t>(label);
  }
  return labels;
}

torch::Tensor LabelMap::apply_colors(const torch::Tensor& colors, const torch::Tensor& ignored,
                                     const Place& place) const {
  const torch::Tensor stored = colors.contiguous();
  torch::Tensor labels = torch::empty({colors.size(0), colors.size(1)}, torch::kUInt8);
  const auto* const read = stored.data_ptr<uint8_t>();
  const bool* const skipped = flags_of(ignored);
  auto* const write = labels.data_ptr<uint8_t>();
  auto last = label_of_color_.begin();
  for (int64_t i = 0; i < labels.numel(); ++i) {
    write[i] = kIgnoredLabel;
    if (!counts(skipped, i)) continue;
    const uint32_t color = uint32_t{read[3 * i]} << 16 | uint32_t{read[3 * i + 1]} << 8 | read[3 * i + 2];
    if (last->first != color) {
      const auto found = label_of_color_.find(color);
      if (found == label_of_color_.end()) {
        char text[8];
        std::snprintf(text, sizeof(text), "#%06x", color);
        throw InputError(place.name + ": the colour " + text + place.of(i) + " is not in the colour map");
      }
      last = found;
    }
    write[i] = last->second;
  }
  return labels;
}

}  // namespace multipole

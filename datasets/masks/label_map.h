// From what a mask's pixels store to class ids.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "datasets/masks/stored_mask.h"

namespace multipole {

// The id of pixels that count neither in a loss nor in a metric.
inline constexpr int64_t kIgnoredLabel = 255;
// As ignore_index: no stored value is ignored.
inline constexpr int64_t kNoIgnoreIndex = -1;
// Ids are bytes, and one of them is kIgnoredLabel.
inline constexpr int64_t kMaxClasses = 255;
// What a stored value is that is neither a class nor ignored.
inline constexpr int16_t kUnknownLabel = -1;

class LabelMap {
 public:
  // Stored value v is class v; ignore_index (0 to 65535 or kNoIgnoreIndex) is ignored. Of two classes 255 stands for
  // the second, too, where it is not ignored: so programs that draw masks in black and white store them. With
  // reduce_zero_label (ADE20K) v is class v - 1, and 0 is ignored. Throws ConfigError for more than kMaxClasses.
  explicit LabelMap(int64_t num_classes, bool reduce_zero_label = false, int64_t ignore_index = kIgnoredLabel);

  // Makes `stored` (0 to 65535) mean `label`: a class or kIgnoredLabel.
  void set_value(int64_t stored, int64_t label);
  // Makes the colour 0xRRGGBB of a colour-coded mask mean `label`.
  void set_color(uint32_t color, int64_t label);

  // -> (H, W) uint8 class ids and kIgnoredLabel, which pixels that hold no data get whatever they store. A mask of
  // colours that are all gray holds these as values where no colours are known. Throws InputError with the first value
  // that is neither a class nor ignored and its row and column, the mask's first being (top, left), or where colours
  // were found and none are known. `name` stands for the mask.
  torch::Tensor apply(const StoredMask& mask, const std::string& name, int64_t top = 0, int64_t left = 0) const;

  int64_t num_classes() const { return num_classes_; }

 private:
  struct Place;  // of the mask, for messages
  torch::Tensor apply_values(const torch::Tensor& values, const torch::Tensor& ignored, const Place& place) const;
  torch::Tensor apply_colors(const torch::Tensor& colors, const torch::Tensor& ignored, const Place& place) const;
  std::string known_values() const;  // for messages

  int64_t num_classes_;
  bool reduce_zero_label_;
  int64_t ignore_index_;
  std::vector<int16_t> label_of_value_;  // 65536, kUnknownLabel where a value means nothing
  std::map<uint32_t, uint8_t> label_of_color_;
};

}  // namespace multipole

// How far the map of a picture in tiles agrees with that of the picture whole.
//
// Where memory does not hold the whole, a part in its middle, as large as memory holds, stands for the picture: it is
// segmented whole and in tiles as a picture of its own.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tasks/segmentation/agreement/map_agreement.h"
#include "tasks/segmentation/agreement/picture_part.h"
#include "tasks/segmentation/prediction/segmenter.h"

namespace multipole {

struct TileCheckResult {
  std::string not_checked = {};         // why there is nothing else; empty where there is
  PictureBox box = {};                  // what was compared
  SegmentationPlan plan = {};           // its tiles
  std::optional<MapAgreement> agreement = {};
  torch::Tensor difference = {};        // (box.height, box.width) uint8, values of PixelDifference
};

enum PixelDifference : uint8_t { kAlike = 0, kDiffers = 1, kTileBorder = 2, kNotCompared = 3 };

class TileCheck {
 public:
  // Keeps a reference to `segmenter`, whose tiles they are where its options name any. Else they are those that a
  // picture's plan has; where that is whole, or has none within what is compared, they have half its longer side.
  explicit TileCheck(const Segmenter& segmenter) : segmenter_(segmenter) {}

  // Before the first tile of each attempt on the picture itself, which is then open: decides what is compared.
  void begin(const SegmentationPlan& plan);
  // Whether the picture's own map is one of the two.
  bool needs_map() const { return not_checked_.empty() && is_whole_; }

  // Once the picture is done. `map` (H, W) uint8 is its map where that is needed. Throws as Segmenter::segment() does.
  TileCheckResult run(const PictureOpener& open, const torch::Tensor& map,
                      const std::function<void(int64_t done, int64_t total)>& progress) const;

 private:
  TileOptions tiles_for(const SegmentationPlan& plan) const;

  const Segmenter& segmenter_;
  SegmentationPlan picture_;  // how it is done
  PictureBox box_;
  bool is_whole_ = false;  // the box is the picture
  TileOptions tiles_;
  std::string not_checked_;
};

}  // namespace multipole

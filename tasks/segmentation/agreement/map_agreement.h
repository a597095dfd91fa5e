// How far two label maps of a picture agree: in all, by class, and by how far the pixels lie from where the tiles meet
// that one of the maps was made in.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "heads/metrics/segmentation_metrics.h"

namespace multipole {

// Where tiles meet, as rows and columns of pixels: the first of the later tile (SegmentationPlan).
struct TileBorders {
  std::vector<int64_t> rows, columns;
};

// (rows, width) int64: how many pixels lie between each pixel of these rows and the nearest border; 0 beside one, and
// a number beyond all pictures where there is none.
torch::Tensor border_distances(const TileBorders& borders, int64_t first_row, int64_t rows, int64_t width);

class MapAgreement {
 public:
  // Distances are counted from each of these up to the next.
  static constexpr std::array<int64_t, 6> kFrom = {0, 16, 32, 64, 128, 256};

  explicit MapAgreement(int64_t num_classes);

  // Rows of both maps (rows, width) uint8 and their border_distances(). A pixel that either has no class for
  // (kNoDataClass) counts for nothing.
  void add(const torch::Tensor& tiles, const torch::Tensor& whole, const torch::Tensor& distances);

  int64_t pixels() const { return metrics_.pixels(); }
  // In [0, 1]; NaN without a pixel.
  double alike() const { return metrics_.pixel_accuracy(); }

  // {"pixels", "alike", "classes": [{"class", "index", "both", "either", "iou"}], "distances": [{"from", "pixels",
  // "alike"}]}: "both" and "either" are the pixels that both maps give a class, or one of them at least, "iou" is the
  // one over the other; "alike" is a share. null where there is nothing to have a share of; classes and distances that
  // no pixel has are left out.
  Json to_json(const std::vector<std::string>& classes) const;

 private:
  SegmentationMetrics metrics_;
  torch::Tensor at_distance_;  // (kFrom.size(), 2) int64: pixels, and those alike
};

}  // namespace multipole

// How well the borders of regions are met: the boundary F1 of Csurka et al., "What is a good evaluation measure for
// semantic segmentation?", BMVC 2013, section 3.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// Streams pictures. For each class that occurs in a picture's labels or predictions, the precision is the share of its
// predicted border within the tolerance of its true border, the recall the share of the true one within the tolerance
// of the predicted one, F = 2 P R / (P + R); a class's score is the mean over its pictures.
class BoundaryScore {
 public:
  // tolerance: share of the picture's diagonal, 0.0075 in the paper.
  explicit BoundaryScore(int64_t num_classes, double tolerance = 0.0075, int64_t ignored_label = 255);

  // predictions and labels: (H, W) uint8 of one picture. Ignored pixels belong to no region in either.
  void update(const torch::Tensor& predictions, const torch::Tensor& labels);

  // Adds up what several processes found, each in its share of the pictures; `sum` adds a tensor over them in place.
  void sum_over(const std::function<void(torch::Tensor&)>& sum);

  // In [0, 1]; NaN for a class that never occurred.
  std::vector<double> per_class() const;
  double mean() const;

 private:
  int64_t num_classes_;
  double tolerance_;
  int64_t ignored_label_;
  std::vector<double> sums_;
  std::vector<int64_t> pictures_;
};

// Pixels of `region` with a neighbour above, below, left or right that is not in it; the picture's edge counts as
// region. (H, W) bool -> (H, W) bool.
torch::Tensor border_of(const torch::Tensor& region);

// The squared distance in pixels of every pixel to the nearest one of `set` (H, W) bool; (H, W) double, infinite where
// the set is empty. O(H W); exact up to distances of 2000 pixels, beyond to 1e-7 of the value.
torch::Tensor squared_distance(const torch::Tensor& set);

}  // namespace multipole

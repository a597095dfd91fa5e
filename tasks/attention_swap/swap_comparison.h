// What another attention changes on a set of pictures of one size: the sums of picture_difference().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/attention_swap/picture_difference.h"

namespace multipole {

class SwapComparison {
 public:
  explicit SwapComparison(int64_t image_size) : image_size_(image_size) {}

  void add(const PictureDifference& difference);
  // Of several the least time and the most memory count.
  void add_cost(const PassCost& reference, const PassCost& swapped);

  int64_t image_size() const { return image_size_; }
  int64_t pictures() const { return pictures_; }
  // sqrt(sum of squared differences / sum of squares) of all blocks' relative errors: their root mean square.
  double block_error() const;
  double embedding_cosine() const;
  double patch_cosine() const;
  // Whether the models answer with classes.
  bool has_answers() const { return answers_ > 0; }
  // Share of the answers, pixels of a segmentation, that are the same; NaN for models without classes.
  double agreement() const;
  const PassCost& reference_cost() const { return reference_cost_; }
  const PassCost& swapped_cost() const { return swapped_cost_; }

  // {"size", "tokens", "pictures", "block_error", "blocks": [{"name", "error"}], "embedding_cosine", "patch_cosine",
  // "agreement", "iou": [{"class", "iou"}] of both models' maps, "reference": {"seconds", "bytes"}, "swapped": ...}.
  // `classes` are the names of a segmentation's classes, else empty.
  Json to_json(const std::vector<std::string>& classes) const;

 private:
  int64_t image_size_;
  int64_t pictures_ = 0, tokens_ = 0;
  std::vector<BlockDifference> blocks_;
  double embedding_cosine_ = 0, patch_cosine_ = 0;
  int64_t answers_ = 0, same_answers_ = 0;
  std::vector<int64_t> intersections_, unions_;  // by class
  PassCost reference_cost_, swapped_cost_;
  bool has_cost_ = false;
};

}  // namespace multipole

// Small pictures first: how large those of an epoch are (Touvron et al., "Fixing the train-test resolution
// discrepancy", arXiv 1906.06423; Tan and Le, "EfficientNetV2", arXiv 2104.00298). A step on smaller pictures costs
// less.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "base/fields.h"

namespace multipole {

struct ResolutionSchedule {
  double first = 1.0;
  double until = 0.6;
  int64_t multiple = 8;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("first", self.first, "share of image_size that training pictures have in the first epoch; 1 is off");
    field("until", self.until, "share of the epochs over which they grow to image_size, all by the same");
    field("multiple", self.multiple, "pixels that a smaller side is a multiple of, the nearest one");
  }
  // Throws ConfigError naming the field, its value and the rule.
  void validate(const std::string& where) const;

  bool is_on() const { return first < 1; }
};

// Side in pixels of the training pictures in `epoch` of `epochs`, from `multiple` (or image_size, where that is
// smaller) up to image_size.
int64_t picture_size(const ResolutionSchedule& schedule, int64_t image_size, int64_t epoch, int64_t epochs);

// Images (B, C, H, W) float -> (B, C, size, size), antialiased, their memory channels-last; as they are where they have
// that size.
torch::Tensor resize_batch(const torch::Tensor& images, int64_t size);

}  // namespace multipole

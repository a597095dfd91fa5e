// RandAugment (Cubuk et al., arXiv 1909.13719): a few operations drawn at random, all of one magnitude. Operations and
// ranges are timm's, with every strength growing with the magnitude.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/augmentation/affine.h"

namespace multipole {

struct RandAugmentConfig {
  int64_t num_ops = 0;
  double magnitude = 9.0;
  double magnitude_std = 0.5;
  double probability = 0.5;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("num_ops", self.num_ops, "operations drawn for a picture; 0: off");
    field("magnitude", self.magnitude, "strength, 0 to 10");
    field("magnitude_std", self.magnitude_std, "standard deviation of the strength");
    field("probability", self.probability, "of each drawn operation being applied");
  }
  void validate(const std::string& where) const;
};

std::vector<std::string> rand_augment_ops();

// Applies the operation of that name; `magnitude` 0 to 10, `negative` the direction of those that have one.
void apply_rand_augment_op(const std::string& name, torch::Tensor& image, double magnitude, bool negative,
                           const FillColor& fill);

// Replaces `image`, (H, W, 3) uint8; may write to its memory.
void rand_augment(torch::Tensor& image, const RandAugmentConfig& config, const FillColor& fill, SampleRandom& random);

}  // namespace multipole

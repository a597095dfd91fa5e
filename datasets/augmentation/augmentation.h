// Augmentation of single pictures in training: bytes in, bytes of the model's input size out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/augmentation/batch_mix.h"
#include "datasets/augmentation/color_jitter.h"
#include "datasets/augmentation/rand_augment.h"
#include "datasets/augmentation/random_crop.h"
#include "datasets/augmentation/random_erasing.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// In the order in which they are applied; a probability or strength of 0 switches a part off.
struct AugmentationConfig {
  RandomCropConfig random_crop;
  double horizontal_flip = 0.5;
  ColorJitterConfig color_jitter;
  RandAugmentConfig rand_augment;
  RandomErasingConfig random_erasing;
  BatchMixConfig mix;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("random_crop", self.random_crop, "how the input size is cut out of a picture");
    field("horizontal_flip", self.horizontal_flip, "probability of mirroring left and right");
    field("color_jitter", self.color_jitter, "random brightness, contrast, saturation and hue");
    field("rand_augment", self.rand_augment, "random operations of one strength");
    field("random_erasing", self.random_erasing, "a random rectangle blanked out");
    field("mix", self.mix, "mixup and CutMix, applied to whole batches");
  }
  void validate(const std::string& where) const;
};

class Augmentation {
 public:
  Augmentation(const AugmentationConfig& config, const Preprocessing& preprocessing);
  // (H, W, C) uint8 -> (image_size, image_size, C) uint8. The input is not written to. What is defined for colours,
  // color_jitter and rand_augment, is left out unless C is 3.
  torch::Tensor operator()(const torch::Tensor& image, SampleRandom& random) const;

 private:
  AugmentationConfig config_;
  Preprocessing preprocessing_;
  FillColor fill_;  // the mean colour, which is 0 after normalisation
};

// Mirrored left and right; (H, W, C) uint8.
torch::Tensor flip_horizontal(const torch::Tensor& image);

}  // namespace multipole

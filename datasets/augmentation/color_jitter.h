// Random brightness, contrast, saturation and hue, in random order, as torchvision's ColorJitter.
#pragma once

#include <torch/types.h>

#include <string>

#include "base/fields.h"
#include "base/sample_random.h"

namespace multipole {

struct ColorJitterConfig {
  double probability = 1.0;
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("probability", self.probability, "of changing a picture at all");
    field("brightness", self.brightness, "factor drawn from 1 - b to 1 + b");
    field("contrast", self.contrast, "factor drawn from 1 - c to 1 + c");
    field("saturation", self.saturation, "factor drawn from 1 - s to 1 + s");
    field("hue", self.hue, "turn of the hue circle drawn from -h to h, at most 0.5");
  }
  void validate(const std::string& where) const;
};

// Changes `image`, (H, W, 3) uint8, in place.
void color_jitter(torch::Tensor& image, const ColorJitterConfig& config, SampleRandom& random);

}  // namespace multipole

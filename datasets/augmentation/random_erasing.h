// Random erasing (Zhong et al., arXiv 1708.04896): a rectangle of the picture replaced.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/augmentation/affine.h"

namespace multipole {

struct RandomErasingConfig {
  double probability = 0.0;
  std::vector<double> scale = {0.02, 1.0 / 3.0};
  std::vector<double> ratio = {0.3, 10.0 / 3.0};
  std::string mode = "constant";

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("probability", self.probability, "of erasing at all; 0: off");
    field("scale", self.scale, "smallest and largest share of the picture's area");
    field("ratio", self.ratio, "smallest and largest width / height");
    field("mode", self.mode, "constant (the mean colour) or pixel (noise)");
  }
  void validate(const std::string& where) const;
};

// Changes `image`, (H, W, C) uint8, in place. Nothing is erased when ten tries found no rectangle that fits.
void random_erasing(torch::Tensor& image, const RandomErasingConfig& config, const FillColor& fill,
                    SampleRandom& random);

}  // namespace multipole

// Online hard example mining: only pixels that the model gets wrong, or right without being sure, are trained on
// (Shrivastava et al., arXiv 1604.03540; for pixels as in Wu et al., arXiv 1605.06885, section 2.3).
#pragma once

#include <torch/types.h>

#include <string>

#include "base/fields.h"
#include "heads/losses/pixel_cross_entropy.h"

namespace multipole {

struct OhemConfig {
  double threshold = 0.0;
  double min_kept = 0.0625;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("threshold", self.threshold, "pixels count whose class has a smaller probability than this; 0 is off");
    field("min_kept", self.min_kept, "share of the labelled pixels that counts at least, the hardest first");
  }
  void validate(const std::string& where) const;
};

// `pixels` without the easy ones: losses and weights 0. `unweighted` (B, H, W) are the same pixels' losses without
// class weights, by which they are judged.
PixelLosses keep_hard(const PixelLosses& pixels, const torch::Tensor& unweighted, const OhemConfig& config);

}  // namespace multipole

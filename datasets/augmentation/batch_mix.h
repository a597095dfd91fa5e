// Mixup (Zhang et al., arXiv 1710.09412) and CutMix (Yun et al., arXiv 1905.04899) on a batch.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "base/fields.h"
#include "base/sample_random.h"
#include "datasets/dataset.h"

namespace multipole {

struct BatchMixConfig {
  double mixup_alpha = 0.0;
  double cutmix_alpha = 0.0;
  double probability = 1.0;
  double cutmix_probability = 0.5;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("mixup_alpha", self.mixup_alpha, "Beta parameter of mixup; 0: off");
    field("cutmix_alpha", self.cutmix_alpha, "Beta parameter of CutMix; 0: off");
    field("probability", self.probability, "of mixing a batch at all");
    field("cutmix_probability", self.cutmix_probability, "of CutMix rather than mixup where both are on");
  }
  void validate(const std::string& where) const;
};

// Mixes every picture of the batch with the one at its place in the reversed batch, in place, and sets mixed_labels
// and mix_weight (for CutMix the exact share of pixels that stayed). A batch of fewer than two samples stays as it is.
void mix_batch(Batch& batch, const BatchMixConfig& config, SampleRandom& random);

// (B, num_classes) float targets of a batch, mixed or not, with label smoothing:
// (1 - smoothing) * [mix_weight * onehot(labels) + (1 - mix_weight) * onehot(mixed_labels)] + smoothing / num_classes.
torch::Tensor soft_targets(const Batch& batch, int64_t num_classes, double smoothing = 0.0);

}  // namespace multipole

// The loss of segmentation: a weighted sum of cross entropy and overlap losses, on the head's logits and, with a weight
// of their own, on those of auxiliary classifiers.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "heads/losses/ohem.h"

namespace multipole {

struct SegmentationLossConfig {
  double cross_entropy = 1.0;
  double dice = 0.0;
  double lovasz = 0.0;
  double auxiliary = 0.4;
  std::string class_weights = "none";
  OhemConfig ohem;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("cross_entropy", self.cross_entropy, "weight of the cross entropy");
    field("dice", self.dice, "weight of the Dice loss");
    field("lovasz", self.lovasz, "weight of the Lovasz-softmax loss");
    field("auxiliary", self.auxiliary, "weight of the cross entropy of auxiliary classifiers");
    field("class_weights", self.class_weights,
          "of the cross entropy: none, auto (rare classes weigh more), or a JSON file {class: weight}");
    field("ohem", self.ohem, "online hard example mining of the cross entropy");
  }
  void validate(const std::string& where) const;
};

class SegmentationLoss {
 public:
  // class_weights: (num_classes), or undefined for 1 each.
  SegmentationLoss(const SegmentationLossConfig& config, double label_smoothing, const torch::Tensor& class_weights);

  // logits: the head's (B, C, H, W), then the auxiliary ones. targets (B, H, W) int64 on the same device, 255 ignored.
  // A scalar of float32 or wider.
  torch::Tensor operator()(const std::vector<torch::Tensor>& logits, const torch::Tensor& targets) const;

 private:
  torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets) const;

  SegmentationLossConfig config_;
  double label_smoothing_;
  torch::Tensor class_weights_;
};

// Weights for rare classes from their numbers of pixels: sqrt(median / pixels), scaled so that the mean over all pixels
// is 1. Median frequency balancing (Eigen and Fergus, arXiv 1411.4734, section 6.3.2) under a square root, which costs
// the frequent classes less. A class without pixels weighs as much as the rarest. (num_classes) float.
torch::Tensor balanced_pixel_weights(const std::vector<int64_t>& pixels);

}  // namespace multipole

// Cross entropy pixel by pixel, for losses that choose among pixels or weigh classes.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace multipole {

struct PixelLosses {
  torch::Tensor losses;   // (B, H, W) float, weighted, 0 where ignored
  torch::Tensor weights;  // (B, H, W) float: the weight of the pixel's class, 0 where ignored
};

// logits (B, C, H, W), computed in float32 or wider; targets (B, H, W) int64 with `ignored` left out; class_weights (C)
// or undefined for 1 each. label_smoothing as in cross_entropy.h, its uniform share weighted by class too.
PixelLosses pixel_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, int64_t ignored,
                                const torch::Tensor& class_weights = {}, double label_smoothing = 0.0);

// Sum of the losses over the sum of the weights: torch's weighted mean. 0 where nothing counts.
torch::Tensor weighted_mean(const PixelLosses& pixels);

}  // namespace multipole

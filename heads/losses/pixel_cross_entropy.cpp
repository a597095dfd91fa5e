#include "heads/losses/pixel_cross_entropy.h"

#include <ATen/ops/cross_entropy_loss.h>

#include <optional>

namespace multipole {

PixelLosses pixel_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, int64_t ignored,
                                const torch::Tensor& class_weights, double label_smoothing) {
  const auto wide = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  const auto counted = targets.ne(ignored);
  std::optional<torch::Tensor> weight;
  PixelLosses pixels;
  if (class_weights.defined()) {
    weight = class_weights.to(wide.options());
    pixels.weights = weight->index_select(0, targets.masked_fill(~counted, 0).flatten()).view(targets.sizes());
    pixels.weights = pixels.weights * counted;
  } else {
    pixels.weights = counted.to(wide.scalar_type());
  }
  pixels.losses = at::cross_entropy_loss(wide, targets, weight, at::Reduction::None, ignored, label_smoothing);
  return pixels;
}

torch::Tensor weighted_mean(const PixelLosses& pixels) {
  // where nothing counts both sums are 0
  const auto weight = pixels.weights.sum();
  return pixels.losses.sum() / torch::where(weight.gt(0), weight, torch::ones_like(weight));
}

}  // namespace multipole

#include "heads/losses/cross_entropy.h"

namespace multipole {

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets, double label_smoothing,
                            int64_t ignore_index) {
  const auto wide = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  const auto log_probabilities = torch::log_softmax(wide, 1);
  if (targets.is_floating_point()) {
    const auto shares = targets.to(wide.scalar_type());
    const auto smooth = shares * (1 - label_smoothing) + label_smoothing / static_cast<double>(logits.size(1));
    return -(smooth * log_probabilities).sum() / static_cast<double>(logits.numel() / logits.size(1));
  }
  const auto counted = targets.ne(ignore_index);
  const auto classes = targets.masked_fill(~counted, 0).unsqueeze(1);
  // -sum_c t_c log p_c splits into the target's own term and the mean over classes, which smoothing weighs
  auto losses = -(1 - label_smoothing) * log_probabilities.gather(1, classes).squeeze(1);
  if (label_smoothing > 0) losses = losses - label_smoothing * log_probabilities.mean(1);
  return losses.masked_fill(~counted, 0).sum() / counted.sum().clamp_min(1);
}

}  // namespace multipole

#include "heads/losses/focal.h"

namespace multipole {

torch::Tensor focal_loss(const torch::Tensor& logits, const torch::Tensor& targets, double gamma,
                         const torch::Tensor& class_weights) {
  const auto wide = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  const auto log_probabilities = torch::log_softmax(wide, 1);
  auto shares = targets.to(wide.scalar_type());
  if (class_weights.defined()) shares = shares * class_weights.to(wide.options());
  auto terms = -shares * log_probabilities;
  if (gamma > 0) {
    // clamped, for the power's gradient at 0 is infinite where gamma is below 1
    terms = terms * (1 - log_probabilities.exp()).clamp_min(1e-7).pow(gamma);
  }
  return terms.sum() / shares.sum().clamp_min(1e-12);
}

}  // namespace multipole

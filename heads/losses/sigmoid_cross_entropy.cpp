#include "heads/losses/sigmoid_cross_entropy.h"

namespace multipole {

torch::Tensor sigmoid_cross_entropy(const torch::Tensor& logits, const torch::Tensor& targets,
                                    const torch::Tensor& class_weights) {
  const auto wide = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  const auto truth = targets.to(wide.scalar_type());
  auto positives = truth;
  if (class_weights.defined()) positives = positives * class_weights.to(wide.options());
  return -(positives * torch::log_sigmoid(wide) + (1 - truth) * torch::log_sigmoid(-wide)).mean();
}

}  // namespace multipole

#include "engine/runtime/mirrored_logits.h"

namespace multipole {

torch::Tensor mirrored_logits(VisionModel& model, const torch::Tensor& images, Mirror mirror) {
  const auto logits = model->forward(images);
  if (mirror == Mirror::kNever) return logits;
  const auto of_mirrored = model->forward(images.flip({3}));
  const auto type = torch::promote_types(logits.scalar_type(), torch::kFloat);
  return (logits.to(type) + of_mirrored.to(type)) / 2;
}

}  // namespace multipole

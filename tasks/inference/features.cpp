#include "tasks/inference/features.h"

#include <torch/utils.h>

#include "engine/runtime/batch_slices.h"

namespace multipole {
namespace {

torch::Tensor features_of(VisionModelImpl& model, const torch::Tensor& images, FeatureKind kind,
                          const Execution& execution) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(execution);
  const auto on_device = images.to(execution.device);
  Backbone& backbone = *model.backbone();
  const auto features = kind == FeatureKind::kVector ? backbone.embed(on_device) : backbone.forward_features(on_device);
  return features.to(torch::kCPU, torch::kFloat).contiguous();
}

}  // namespace

torch::Tensor backbone_features(VisionModelImpl& model, const torch::Tensor& images, FeatureKind kind,
                                const Execution& execution) {
  TORCH_CHECK(images.dim() == 4 && images.size(0) >= 1, "images: expected (B, C, H, W) with B from 1 up, got ",
              images.sizes());
  const auto answer = [&](const torch::Tensor& slice) { return features_of(model, slice, kind, execution); };
  const auto features = answer_in_slices(images, execution.device, answer);
  const torch::NoGradGuard no_grad;
  return features.clone();  // of tensors of inference, one that the caller may compute with in whatever mode he is
}

}  // namespace multipole

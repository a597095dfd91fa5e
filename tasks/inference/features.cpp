#include "tasks/inference/features.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

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
  const int64_t count = images.size(0);
  const int64_t num_shares = execution.device.is_cpu() ? std::min<int64_t>(count, at::get_num_threads()) : 1;
  std::vector<torch::Tensor> shares(static_cast<size_t>(num_shares));
  // Within parallel_for every operation stays in its thread. A lone share is computed outside of it, by all threads.
  if (num_shares == 1) {
    shares[0] = features_of(model, images, kind, execution);
  } else {
    at::parallel_for(0, num_shares, 1, [&](int64_t first, int64_t last) {
      for (int64_t share = first; share < last; ++share) {
        const int64_t begin = share * count / num_shares, end = (share + 1) * count / num_shares;
        shares[static_cast<size_t>(share)] = features_of(model, images.narrow(0, begin, end - begin), kind, execution);
      }
    });
  }
  const torch::NoGradGuard no_grad;
  return torch::cat(shares);  // of tensors of inference, one that the caller may compute with in whatever mode he is
}

}  // namespace multipole

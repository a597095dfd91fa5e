#include "tasks/probe/feature_key.h"

#include "base/checksum.h"
#include "base/error.h"
#include "engine/files/model_file.h"

namespace multipole {

int64_t picture_key(const torch::Tensor& image) {
  const auto pixels = image.permute({1, 2, 0}).contiguous();  // as they lie in memory: no copy
  Checksum sum;
  sum.add(pixels.sizes().data(), pixels.sizes().size() * sizeof(int64_t));
  sum.add(pixels.data_ptr(), pixels.nbytes());
  return static_cast<int64_t>(sum.value());
}

std::string feature_fingerprint(VisionModelImpl& model, const Execution& execution) {
  Checksum sum;
  const std::string architecture = model.config().backbone.dump() + execution.precision_name();
  sum.add(architecture.data(), architecture.size() + 1);
  for (const auto& [name, tensor] : named_weights(*model.backbone())) {
    const auto values = tensor.detach().cpu().contiguous();
    sum.add(name.data(), name.size() + 1);
    sum.add(values.data_ptr(), values.nbytes());
  }
  return checksum_text(sum.value());
}

void require_finite_features(const torch::Tensor& features, const std::string& picture) {
  if (features.isfinite().all().item<bool>()) return;
  throw ModelFileError(picture +
                       ": the backbone's features of this picture are not finite; its weights are damaged, or "
                       "train.precision=float32 is needed");
}

}  // namespace multipole

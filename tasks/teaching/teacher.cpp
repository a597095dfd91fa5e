#include "tasks/teaching/teacher.h"

#include <torch/nn/functional/upsampling.h>

#include <vector>

#include "base/checksum.h"
#include "base/fields.h"
#include "base/mapped_file.h"

namespace multipole {
namespace {

torch::Tensor per_channel(const std::vector<double>& values, torch::Device device) {
  return torch::tensor(values, torch::kDouble).view({1, 3, 1, 1}).to(device, torch::kFloat);
}

}  // namespace

Teacher::Teacher(const std::filesystem::path& path, const Preprocessing& student, const Execution& execution)
    : execution_(execution), loaded_(load_model(path)) {
  const auto own = config_from_json<Preprocessing>(loaded_.metadata.preprocessing, "preprocessing");
  if (own.bands.chosen != student.bands.chosen) {
    throw ConfigError(path.string() + ": the teacher sees other bands than the model that is to learn from it");
  }
  image_size_ = own.image_size;
  std::vector<double> scale, shift;
  for (size_t channel = 0; channel < own.mean.size(); ++channel) {
    scale.push_back(student.std[channel] / own.std[channel]);
    shift.push_back((student.mean[channel] - own.mean[channel]) / own.std[channel]);
  }
  scale_ = per_channel(scale, execution.device);
  shift_ = per_channel(shift, execution.device);
  prepare_inference(*loaded_.model, execution);
}

torch::Tensor Teacher::as_own(const torch::Tensor& images) const {
  auto own = images.to(torch::kFloat) * scale_ + shift_;
  if (own.size(2) == image_size_ && own.size(3) == image_size_) return own;
  namespace functional = torch::nn::functional;
  return functional::interpolate(own, functional::InterpolateFuncOptions()
                                          .size(std::vector<int64_t>{image_size_, image_size_})
                                          .mode(torch::kBilinear)
                                          .align_corners(false)
                                          .antialias(true));
}

torch::Tensor Teacher::logits(const torch::Tensor& images) const {
  const torch::NoGradGuard no_grad;
  const AutocastGuard autocast(execution_);
  VisionModel model = loaded_.model;
  return model->forward(as_own(images)).to(torch::kFloat);
}

torch::Tensor Teacher::embeddings(const torch::Tensor& images) const {
  const torch::NoGradGuard no_grad;
  const AutocastGuard autocast(execution_);
  VisionModel model = loaded_.model;
  return model->backbone()->embed(as_own(images)).to(torch::kFloat);
}

int64_t Teacher::embedding_dim() const {
  const VisionModelImpl& model = *loaded_.model;
  return model.backbone().embedding_dim();
}

Json teacher_fingerprint(const std::filesystem::path& path) {
  const MappedFile file(path);
  return {{"file", path.filename().string()}, {"checksum", checksum_text(checksum(file.bytes()))}};
}

}  // namespace multipole

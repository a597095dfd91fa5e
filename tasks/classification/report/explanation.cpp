#include "tasks/classification/report/explanation.h"

#include <torch/autograd.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/utils.h>

#include <algorithm>

#include "datasets/pictures/read_picture.h"

namespace multipole {
namespace {

// (B, ...) so that each entry's largest value is 1; zeros stay.
torch::Tensor scaled_to_one(const torch::Tensor& maps) {
  return maps / maps.flatten(1).amax(1).clamp_min(1e-12).view({-1, 1, 1});
}

torch::Tensor resized(const torch::Tensor& images, int64_t height, int64_t width) {
  namespace F = torch::nn::functional;
  return F::interpolate(images, F::InterpolateFuncOptions()
                                    .size(std::vector<int64_t>{height, width})
                                    .mode(torch::kBilinear)
                                    .align_corners(false));
}

struct ExplainedLogits {
  std::vector<torch::Tensor> features;  // what the logits were made from
  int64_t channel_axis = 1;             // of them: (B, C, h, w), or (B, h, w, C)
  torch::Tensor logits;
};

// A head on maps is explained by those. The embedding of a transformer may come from its class token alone, so that its
// last tokens have no gradient; what its last attention looked at does.
ExplainedLogits explained_features(VisionModel& model, const torch::Tensor& images) {
  if (!model->reads_embedding()) {
    const auto maps = model->backbone()->forward_intermediates(images);
    return {.features = maps, .logits = model->head().forward(maps, {images.size(2), images.size(3)})};
  }
  torch::Tensor seen;
  model->backbone()->observe_attention([&seen](const AttentionPlace&, const torch::Tensor& tokens) { seen = tokens; });
  const auto logits = model->forward(images);
  model->backbone()->observe_attention({});
  return {.features = {seen}, .channel_axis = 3, .logits = logits};
}

}  // namespace

torch::Tensor explanation_maps(VisionModel& model, const torch::Tensor& images, const torch::Tensor& classes) {
  // gradients also where the caller infers
  const c10::InferenceMode inference(false);
  const torch::AutoGradMode gradients(true);
  const int64_t height = images.size(2), width = images.size(3);
  const auto [features, channel_axis, logits] = explained_features(model, images.clone().requires_grad_());
  // what speaks for the class and not for all of them; a copy of the indices, since autograd keeps them
  const auto score = (logits.gather(1, classes.clone().unsqueeze(1)) - logits.mean(1, true)).sum();
  // a head may leave a stage's map unused, but later stages use it
  const auto grads = torch::autograd::grad({score}, features);
  auto sum = torch::zeros({images.size(0), height, width}, images.options());
  for (size_t i = 0; i < features.size(); ++i) {
    const auto map = (grads[i] * features[i].detach()).sum(channel_axis).clamp_min(0);
    sum += resized(scaled_to_one(map).unsqueeze(1), height, width).squeeze(1);
  }
  return scaled_to_one(sum).detach().to(torch::kCPU);
}

torch::Tensor explanation_picture(const torch::Tensor& image, const torch::Tensor& map,
                                  const Preprocessing& preprocessing, int64_t side) {
  const auto mean = torch::tensor(preprocessing.mean, torch::kFloat).view({-1, 1, 1});
  const auto deviation = torch::tensor(preprocessing.std, torch::kFloat).view({-1, 1, 1});
  const auto bands = image.to(torch::kCPU, torch::kFloat) * deviation + mean;
  const auto pixels = shown_picture(bands.permute({1, 2, 0})).permute({2, 0, 1});
  const int64_t factor = std::max<int64_t>(1, (side + image.size(1) - 1) / image.size(1));
  const int64_t height = image.size(1) * factor, width = image.size(2) * factor;
  const auto large = resized(pixels.unsqueeze(0), height, width).squeeze(0);
  const auto heat = resized(map.to(torch::kFloat).view({1, 1, map.size(0), map.size(1)}), height, width).squeeze(0);
  const auto dark = torch::tensor({0.10F, 0.00F, 0.20F}).view({3, 1, 1});
  const auto yellow = torch::tensor({1.00F, 0.85F, 0.10F}).view({3, 1, 1});
  const auto tint = dark + (yellow - dark) * heat;
  const auto shown = (0.55 * large + 0.45 * tint).clamp(0, 1);
  return (shown * 255).round().to(torch::kUInt8).permute({1, 2, 0}).contiguous();
}

}  // namespace multipole

#include "tasks/adaptation/adaptation_loss.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "tasks/attention_swap/observed_calls.h"

namespace multipole {
namespace {

bool learns(const Attention& attention) {
  return std::ranges::any_of(attention.parameters(), [](const auto& parameter) { return parameter.requires_grad(); });
}

torch::Tensor squared_norm(const torch::Tensor& tensor) { return tensor.to(torch::kFloat).square().sum(); }

torch::Tensor cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::cosine_similarity(a.to(torch::kFloat), b.to(torch::kFloat), 1).mean();
}

}  // namespace

ReferencePass reference_pass(VisionModel& reference, VisionModel& swapped, const torch::Tensor& images) {
  std::map<std::string, Attention*> learning;
  swapped->backbone()->visit_attention([&](const AttentionPlace& place, Attention& attention) {
    if (learns(attention)) learning[place.name] = &attention;
  });
  auto error = torch::zeros({}, images.options().dtype(torch::kFloat));
  const auto compare = [&](const AttentionPlace& place, const AttentionCall& call) {
    const auto found = learning.find(place.name);
    if (found == learning.end()) return;
    const torch::AutoGradMode with_gradients(true);
    const auto output = found->second->forward_sequence(call.input.clone(), call.grid);
    error = error +
            squared_norm(output - call.output) / squared_norm(call.output).clamp_min(std::numeric_limits<float>::min());
  };
  const torch::NoGradGuard no_grad;
  const ObservedCalls observed(reference, compare);
  ReferencePass pass{.features = reference->backbone()->forward_all(images), .block_error = {}};
  const torch::AutoGradMode with_gradients(true);
  pass.block_error = error / static_cast<double>(std::max<size_t>(1, learning.size()));
  return pass;
}

torch::Tensor feature_distance(const BackboneOutput& found, const BackboneOutput& expected) {
  return 1 - (cosine(found.maps.back(), expected.maps.back()) + cosine(found.embedding, expected.embedding)) / 2;
}

}  // namespace multipole

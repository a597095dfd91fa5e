#include "backbone/families/backbone.h"

#include "backbone/layers/token_mass.h"

namespace multipole {

torch::Tensor Backbone::embed(const Images& images) {
  const auto map = forward_features(images);
  const auto masses = map_masses(images);
  return masses.empty() ? map.mean({2, 3}) : mean_by_mass(map.permute({0, 2, 3, 1}), masses.back());
}

std::vector<torch::Tensor> Backbone::map_masses(const Images& images) const {
  std::vector<torch::Tensor> masses;
  const auto of_pixels = pixel_masses(images);
  if (!of_pixels.defined()) return masses;
  for (const auto& info : feature_info()) masses.push_back(coarsen_mass(of_pixels, info.stride));
  return masses;
}

bool Backbone::is_bounded() const {
  bool is_bounded = true;
  visit_attention([&](const AttentionPlace&, const Attention& attention) { is_bounded &= attention.is_bounded(); });
  return is_bounded;
}

}  // namespace multipole

#include "backbone/layers/token_mass.h"

#include <torch/utils.h>

namespace multipole {

torch::Tensor counted_mass(const torch::Tensor& mass) {
  return mass.defined() && !mass.eq(1).all().item<bool>() ? mass : torch::Tensor();
}

torch::Tensor coarsen_mass(const torch::Tensor& mass, int64_t factor) {
  if (factor == 1) return mass;
  const auto coarse = torch::max_pool2d(mass.unsqueeze(1), factor, factor, /*padding=*/0, /*dilation=*/1,
                                        /*ceil_mode=*/true);
  return coarse.squeeze(1);
}

torch::Tensor zero_masked(torch::Tensor x, const torch::Tensor& mass) {
  return mass.defined() ? x.masked_fill(mass.le(0).unsqueeze(-1), 0) : x;
}

torch::Tensor mass_bias(const torch::Tensor& mass) {
  return mass.clamp_min(0).log().masked_fill(mass.le(0).all(-1, /*keepdim=*/true), 0);
}

torch::Tensor mean_by_mass(const torch::Tensor& tokens, const torch::Tensor& mass) {
  const auto weights = mass.to(tokens.scalar_type()).flatten(1).unsqueeze(-1);
  const auto total = weights.sum(1);
  const auto sum = (zero_masked(tokens, mass).flatten(1, 2) * weights).sum(1);
  return sum / total.masked_fill(total.eq(0), 1);
}

}  // namespace multipole

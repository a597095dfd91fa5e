#include "tasks/embedding/map_picture.h"

#include <algorithm>

namespace multipole {
namespace {

constexpr int64_t kColors = 3;
constexpr double kMiddle = 128.0 / 255.0;
constexpr double kNothing = 1e-6;  // of the largest singular value: rounding, and no component

// Tokens (n, C) -> (n, 3) from 0 to 1.
torch::Tensor component_colors(const torch::Tensor& tokens) {
  const auto centred = tokens - tokens.mean(0);
  const auto [u, s, vh] = torch::linalg_svd(centred, /*full_matrices=*/false);
  auto colors = torch::full({tokens.size(0), kColors}, kMiddle, tokens.options());
  const double largest = s[0].item<double>();
  for (int64_t i = 0; i < std::min(kColors, s.size(0)); ++i) {
    // where all tokens are alike, rounding is all that differs: the values themselves say how much that may be
    if (s[i].item<double>() <= kNothing * std::max(largest, tokens.abs().max().item<double>())) break;
    const auto entry = vh[i][vh[i].abs().argmax()];
    const auto values = u.select(1, i) * entry.sign();
    const auto least = values.min();
    colors.select(1, i).copy_((values - least) / (values.max() - least));
  }
  return colors;
}

}  // namespace

torch::Tensor principal_components_picture(const torch::Tensor& map, int64_t height, int64_t width) {
  TORCH_CHECK(map.dim() == 3 && map.numel() > 0 && map.is_floating_point(),
              "map: expected (C, h, w) floating point, got ", map.sizes(), " ", map.scalar_type());
  const torch::NoGradGuard no_grad;
  const auto tokens = map.flatten(1).t().to(torch::kDouble);
  const auto colors = component_colors(tokens).t().reshape({1, kColors, map.size(1), map.size(2)});
  const auto large = torch::upsample_bilinear2d(colors, {height, width}, /*align_corners=*/false);
  return large[0].permute({1, 2, 0}).mul(255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

}  // namespace multipole

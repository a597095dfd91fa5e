#include "backbone/families/vit/rotary_positions.h"

#include <torch/utils.h>

#include <numbers>

namespace multipole {
namespace {

torch::Tensor centres(int64_t count) {
  return 2 * ((torch::arange(count, torch::kFloat32) + 0.5) / static_cast<double>(count)) - 1;
}

}  // namespace

torch::Tensor rotary_table(int64_t height, int64_t width, int64_t head_dim, double period) {
  const int64_t pairs = head_dim / 4;
  const auto exponents = torch::arange(pairs, torch::kFloat32) * (4.0 / static_cast<double>(head_dim));
  const auto frequencies = 1 / torch::pow(period, exponents);
  const auto rows = centres(height).view({height, 1, 1}).expand({height, width, 1});
  const auto columns = centres(width).view({1, width, 1}).expand({height, width, 1});
  const auto angles = 2 * std::numbers::pi * torch::cat({rows * frequencies, columns * frequencies}, 2);
  const auto all = torch::cat({angles, angles}, 2).view({height * width, head_dim});
  return torch::stack({all.cos(), all.sin()});
}

}  // namespace multipole

#include "engine/weights/weight_adaptation.h"

#include <torch/nn/functional/upsampling.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "backbone/multipole/quadtree.h"

namespace multipole {
namespace {

using Weights = std::map<std::string, torch::Tensor>;

const torch::Tensor* find(const Weights& weights, const std::string& name) {
  const auto found = weights.find(name);
  return found == weights.end() ? nullptr : &found->second;
}

// Tokens along a cell's side, read off the parameters of the attention module `prefix`; 0 where it has none.
int64_t cell_of(const Weights& weights, const std::string& prefix) {
  if (const auto* basis = find(weights, prefix + "token_basis"); basis != nullptr && basis->dim() == 4) {
    return basis->size(1);
  }
  if (const auto* bias = find(weights, prefix + "near_bias"); bias != nullptr && bias->dim() == 3) {
    return (bias->size(1) + 1) / 4;
  }
  return 0;
}

struct LevelName {
  std::string stem;  // "far_bias_" or "merge_basis_"
  int64_t level = 0;
};

std::optional<LevelName> parse_level(const std::string& leaf) {
  for (const std::string stem : {"far_bias_", "merge_basis_"}) {
    if (!leaf.starts_with(stem)) continue;
    int64_t level = 0;
    const char* end = leaf.data() + leaf.size();
    const auto [rest, code] = std::from_chars(leaf.data() + stem.size(), end, level);
    if (code == std::errc() && rest == end && level >= 1) return LevelName{stem, level};
  }
  return std::nullopt;
}

std::optional<AdaptedWeight> adapt_level(const std::string& prefix, const LevelName& name, int64_t shift,
                                         const torch::Tensor& target, const Weights& given) {
  int64_t levels = 0;
  while (find(given, prefix + name.stem + std::to_string(levels + 1)) != nullptr) ++levels;
  if (levels == 0) return std::nullopt;
  const int64_t source = std::clamp<int64_t>(name.level + shift, 1, levels);
  if (source == name.level) return std::nullopt;
  const auto* value = find(given, prefix + name.stem + std::to_string(source));
  if (value->sizes() != target.sizes()) return std::nullopt;
  return AdaptedWeight{*value, "from level " + std::to_string(source)};
}

// Entry (i, j): the share of old token j that lies in new token i, both axes being one cell long.
torch::Tensor overlap_matrix(int64_t from, int64_t to) {
  auto matrix = torch::zeros({to, from}, torch::kDouble);
  auto entries = matrix.accessor<double, 2>();
  const double new_width = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t i = 0; i < to; ++i) {
    const double begin = static_cast<double>(i) * new_width, end = begin + new_width;
    for (int64_t j = 0; j < from; ++j) {
      const auto left = static_cast<double>(j);
      entries[i][j] = std::max(0.0, std::min(end, left + 1) - std::max(begin, left));
    }
  }
  return matrix;
}

std::optional<AdaptedWeight> adapt_positions(const torch::Tensor& target, const torch::Tensor* value) {
  if (value == nullptr || value->dim() != 3 || target.dim() != 3 || value->size(2) != target.size(2) ||
      value->sizes() == target.sizes()) {
    return std::nullopt;
  }
  return AdaptedWeight{resize_positions(*value, target.size(0), target.size(1)),
                       "from a grid of " + std::to_string(value->size(0)) + " x " + std::to_string(value->size(1)) +
                           " to " + std::to_string(target.size(0)) + " x " + std::to_string(target.size(1))};
}

bool reads_pixels(const std::string& name) {
  return name.ends_with(".weight") && (name.find("stem.") != name.npos || name.ends_with("patch.weight"));
}

// (out, old channels, size, size) -> (out, new channels, size, size).
std::optional<AdaptedWeight> adapt_channels(const torch::Tensor& target, const torch::Tensor* value) {
  if (value == nullptr || value->dim() != 4 || target.dim() != 4 || value->size(1) == target.size(1)) return {};
  if (value->size(0) != target.size(0) || value->size(2) != target.size(2) || value->size(3) != target.size(3)) {
    return std::nullopt;
  }
  const auto from = static_cast<double>(value->size(1)), to = static_cast<double>(target.size(1));
  return AdaptedWeight{(value->mean(1, /*keepdim=*/true) * (from / to)).expand_as(target),
                       "the mean of " + std::to_string(value->size(1)) + " channels for each of " +
                           std::to_string(target.size(1)) + ", times " + std::to_string(value->size(1)) + " / " +
                           std::to_string(target.size(1))};
}

}  // namespace

torch::Tensor resize_near_bias(const torch::Tensor& near_bias, int64_t cell) {
  const int64_t old_radius = near_bias.size(1) / 2, radius = near_bias_side(cell) / 2;
  auto index = torch::arange(-radius, radius + 1).clamp(-old_radius, old_radius) + old_radius;
  return near_bias.index_select(1, index).index_select(2, index);
}

torch::Tensor resize_token_basis(const torch::Tensor& token_basis, int64_t cell) {
  const auto overlap = overlap_matrix(token_basis.size(1), cell);
  const auto wide = token_basis.to(torch::kDouble);
  return torch::einsum("iy,jx,pyxc->pijc", {overlap, overlap, wide}).to(token_basis.scalar_type());
}

torch::Tensor resize_positions(const torch::Tensor& positions, int64_t rows, int64_t columns) {
  namespace F = torch::nn::functional;
  const auto map = positions.to(torch::kFloat32).permute({2, 0, 1}).unsqueeze(0).contiguous();
  const auto resized = F::interpolate(map, F::InterpolateFuncOptions()
                                               .size(std::vector<int64_t>{rows, columns})
                                               .mode(torch::kBicubic)
                                               .align_corners(false)
                                               .antialias(true));
  return resized.squeeze(0).permute({1, 2, 0}).to(positions.scalar_type());
}

std::optional<AdaptedWeight> adapt_weight(const std::string& name, const Weights& own, const Weights& given) {
  if (name.ends_with("positions.weight")) return adapt_positions(own.at(name), find(given, name));
  if (reads_pixels(name)) return adapt_channels(own.at(name), find(given, name));
  const size_t dot = name.rfind('.');
  const std::string prefix = dot == std::string::npos ? "" : name.substr(0, dot + 1);
  const std::string leaf = name.substr(prefix.size());
  const torch::Tensor& target = own.at(name);
  const int64_t from = cell_of(given, prefix), to = cell_of(own, prefix);
  if (from == 0 || to == 0) return std::nullopt;
  if (const auto level = parse_level(leaf)) {
    const auto shift = std::lround(std::log2(static_cast<double>(to) / static_cast<double>(from)));
    return adapt_level(prefix, *level, shift, target, given);
  }
  const auto* value = find(given, name);
  if (from == to || value == nullptr || value->dim() != target.dim()) return std::nullopt;
  torch::Tensor resized;
  if (leaf == "near_bias") resized = resize_near_bias(*value, to);
  if (leaf == "token_basis") resized = resize_token_basis(*value, to);
  if (!resized.defined() || resized.sizes() != target.sizes()) return std::nullopt;
  return AdaptedWeight{resized, "from cells of " + std::to_string(from) + " to " + std::to_string(to) + " tokens"};
}

}  // namespace multipole

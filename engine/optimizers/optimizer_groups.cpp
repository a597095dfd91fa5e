#include "engine/optimizers/optimizer_groups.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <array>
#include <set>

namespace multipole {

namespace {

constexpr std::array kKinds = {ParameterKind::kMatrix, ParameterKind::kWeight, ParameterKind::kPlain,
                               ParameterKind::kKernel};

ParameterKind kind_of(const std::string& name, const torch::Tensor& parameter) {
  const bool is_backbone = !name.starts_with("head.");
  if (parameter.dim() == 2 && is_backbone) return ParameterKind::kMatrix;
  if (parameter.dim() == 4 && parameter.size(1) > 1 && is_backbone) return ParameterKind::kKernel;
  return ParameterKind::kWeight;
}

}  // namespace

std::vector<ParameterGroup> make_optimizer_groups(const torch::nn::Module& model,
                                                  const std::vector<std::string>& no_weight_decay,
                                                  const std::map<std::string, double>& lr_scales) {
  const auto parameters = model.named_parameters();
  const std::set<std::string> plain_names(no_weight_decay.begin(), no_weight_decay.end());
  for (const auto& name : plain_names) {
    TORCH_CHECK(parameters.contains(name), "no_weight_decay names '", name, "', which the model does not have");
  }
  // the groups of every scale that occurs, the largest scale first
  std::map<double, std::array<ParameterGroup, kKinds.size()>, std::greater<>> by_scale;
  if (lr_scales.empty()) by_scale[1.0];
  for (const auto& item : parameters) {
    const auto found = lr_scales.find(item.key());
    auto& groups = by_scale[found == lr_scales.end() ? 1.0 : found->second];
    if (!item.value().requires_grad()) continue;
    const bool plain = item.value().dim() < 2 || plain_names.count(item.key()) > 0;
    const auto kind = plain ? ParameterKind::kPlain : kind_of(item.key(), item.value());
    auto& group = groups[static_cast<size_t>(std::ranges::find(kKinds, kind) - kKinds.begin())];
    group.names.push_back(item.key());
    group.parameters.push_back(item.value());
  }
  std::vector<ParameterGroup> all;
  for (auto& [scale, groups] : by_scale) {
    for (size_t i = 0; i < kKinds.size(); ++i) {
      groups[i].kind = kKinds[i];
      groups[i].lr_scale = scale;
      all.push_back(std::move(groups[i]));
    }
  }
  return all;
}

}  // namespace multipole

#include "engine/optimizers/muon.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

namespace multipole {

namespace {

// The quintic of Keller Jordan's post: steep at 0, so that small singular values grow fast.
constexpr double kLinear = 3.4445;
constexpr double kCubic = -4.7750;
constexpr double kQuintic = 2.0315;

AdamWConfig rest_config(const MuonConfig& config) {
  return {config.lr, config.weight_decay, config.beta1, config.beta2, config.eps};
}

bool holds_matrices(const MuonConfig& config, const ParameterGroup& group) {
  return group.kind == ParameterKind::kMatrix || (config.kernels && group.kind == ParameterKind::kKernel);
}

std::vector<ParameterGroup> without_matrices(const MuonConfig& config, const std::vector<ParameterGroup>& groups) {
  std::vector<ParameterGroup> rest;
  for (const auto& group : groups) {
    if (!holds_matrices(config, group)) rest.push_back(group);
  }
  return rest;
}

}  // namespace

void MuonConfig::validate(const std::string& where) const {
  rest_config(*this).validate(where);
  require(momentum >= 0 && momentum < 1, where + ".momentum", "must be in [0, 1)", momentum);
  require(newton_schulz_steps >= 1, where + ".newton_schulz_steps", "must be at least 1", newton_schulz_steps);
}

torch::Tensor orthogonalize(const torch::Tensor& matrices, int64_t num_steps) {
  // the Gram matrix of the shorter side is the smaller one
  const bool tall = matrices.size(1) > matrices.size(2);
  auto x = (tall ? matrices.mT() : matrices).to(torch::kFloat);
  x = x / x.norm(2, {1, 2}, /*keepdim=*/true).clamp_min(1e-7);
  for (int64_t i = 0; i < num_steps; ++i) {
    const auto gram = x.bmm(x.mT());
    const auto polynomial = torch::baddbmm(gram, gram, gram, kCubic, kQuintic);
    x = torch::baddbmm(x, polynomial, x, kLinear);
  }
  return tall ? x.mT() : x;
}

Muon::Muon(const MuonConfig& config, const std::vector<ParameterGroup>& groups)
    : config_(config), rest_(rest_config(config), without_matrices(config, groups)) {
  for (const auto& group : groups) {
    if (!holds_matrices(config, group)) continue;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const auto& parameter = group.parameters[i];
      auto stack = std::find_if(stacks_.begin(), stacks_.end(), [&](const Stack& other) {
        return other.lr_scale == group.lr_scale && other.slots.front().parameter.sizes() == parameter.sizes();
      });
      if (stack == stacks_.end()) stack = stacks_.insert(stacks_.end(), Stack{group.lr_scale, {}});
      stack->slots.push_back({group.names[i], parameter, torch::zeros_like(parameter.detach())});
    }
  }
}

void Muon::step(double lr_factor) {
  torch::NoGradGuard no_grad;
  for (const auto& [lr_scale, slots] : stacks_) {
    const double lr = config_.lr * lr_factor * lr_scale;
    std::vector<torch::Tensor> parameters, gradients, momenta;
    for (const auto& slot : slots) {
      if (!slot.parameter.grad().defined()) continue;
      parameters.push_back(slot.parameter);
      gradients.push_back(slot.parameter.grad());
      momenta.push_back(slot.momentum);
    }
    if (parameters.empty()) continue;
    at::_foreach_lerp_(momenta, gradients, 1 - config_.momentum);
    const auto ahead = at::_foreach_lerp(gradients, momenta, config_.momentum);
    const auto matrices = orthogonalize(torch::stack(ahead).flatten(2), config_.newton_schulz_steps);
    const auto longer_side = static_cast<double>(std::max(matrices.size(1), matrices.size(2)));
    auto shape = parameters[0].sizes().vec();
    shape.insert(shape.begin(), matrices.size(0));
    const auto updates = matrices.reshape(shape).unbind();
    at::_foreach_mul_(parameters, 1 - lr * config_.weight_decay);
    at::_foreach_add_(parameters, updates, -lr * 0.2 * std::sqrt(longer_side));
  }
  rest_.step(lr_factor);
}

std::vector<std::pair<std::string, torch::Tensor>> Muon::state() const {
  auto tensors = rest_.state();
  for (const auto& [lr_scale, slots] : stacks_) {
    for (const auto& slot : slots) tensors.emplace_back(slot.name + ".momentum", slot.momentum);
  }
  return tensors;
}

}  // namespace multipole

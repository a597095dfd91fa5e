#include "engine/optimizers/lion.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sign.h>
#include <torch/utils.h>

namespace multipole {

void LionConfig::validate(const std::string& where) const {
  require(lr > 0, where + ".lr", "must be positive", lr);
  require(weight_decay >= 0, where + ".weight_decay", "must not be negative", weight_decay);
  require(beta1 >= 0 && beta1 < 1, where + ".beta1", "must be in [0, 1)", beta1);
  require(beta2 >= 0 && beta2 < 1, where + ".beta2", "must be in [0, 1)", beta2);
}

Lion::Lion(const LionConfig& config, const std::vector<ParameterGroup>& groups) : config_(config) {
  for (const auto& group : groups) {
    Group& own = groups_.emplace_back();
    own.weight_decay = group.kind == ParameterKind::kPlain ? 0.0 : config.weight_decay;
    own.lr_scale = group.lr_scale;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      own.slots.push_back({group.names[i], group.parameters[i], torch::zeros_like(group.parameters[i].detach())});
    }
  }
}

void Lion::step(double lr_factor) {
  torch::NoGradGuard no_grad;
  for (const auto& group : groups_) {
    std::vector<torch::Tensor> parameters, gradients, momenta;
    for (const auto& slot : group.slots) {
      if (!slot.parameter.grad().defined()) continue;
      parameters.push_back(slot.parameter);
      gradients.push_back(slot.parameter.grad());
      momenta.push_back(slot.momentum);
    }
    if (parameters.empty()) continue;
    const double lr = config_.lr * lr_factor * group.lr_scale;
    const auto directions = at::_foreach_sign(at::_foreach_lerp(gradients, momenta, config_.beta1));
    at::_foreach_mul_(parameters, 1 - lr * group.weight_decay);
    at::_foreach_add_(parameters, directions, -lr);
    at::_foreach_lerp_(momenta, gradients, 1 - config_.beta2);
  }
}

std::vector<std::pair<std::string, torch::Tensor>> Lion::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const auto& group : groups_) {
    for (const auto& slot : group.slots) tensors.emplace_back(slot.name + ".momentum", slot.momentum);
  }
  return tensors;
}

}  // namespace multipole

#include "engine/optimizers/sgd.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <torch/utils.h>

namespace multipole {

void SgdConfig::validate(const std::string& where) const {
  require(lr > 0, where + ".lr", "must be positive", lr);
  require(weight_decay >= 0, where + ".weight_decay", "must not be negative", weight_decay);
  require(momentum >= 0 && momentum < 1, where + ".momentum", "must be in [0, 1)", momentum);
}

Sgd::Sgd(const SgdConfig& config, const std::vector<ParameterGroup>& groups) : config_(config) {
  for (const auto& group : groups) {
    Group& own = groups_.emplace_back(Group{group.kind != ParameterKind::kPlain, group.lr_scale, {}});
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      own.slots.push_back({group.names[i], group.parameters[i], torch::zeros_like(group.parameters[i].detach())});
    }
  }
}

void Sgd::step(double lr_factor) {
  torch::NoGradGuard no_grad;
  for (const auto& group : groups_) {
    std::vector<torch::Tensor> parameters, momenta, updates;
    const bool decays = group.decayed && config_.weight_decay > 0;
    for (const auto& slot : group.slots) {
      const auto& gradient = slot.parameter.grad();
      if (!gradient.defined()) continue;
      parameters.push_back(slot.parameter);
      momenta.push_back(slot.momentum);
      updates.push_back(decays ? torch::add(gradient, slot.parameter, config_.weight_decay) : gradient);
    }
    if (parameters.empty()) continue;
    at::_foreach_mul_(momenta, config_.momentum);
    at::_foreach_add_(momenta, updates);
    if (config_.nesterov) updates = at::_foreach_add(updates, momenta, config_.momentum);
    at::_foreach_add_(parameters, config_.nesterov ? updates : momenta, -config_.lr * lr_factor * group.lr_scale);
  }
}

std::vector<std::pair<std::string, torch::Tensor>> Sgd::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const auto& group : groups_) {
    for (const auto& slot : group.slots) tensors.emplace_back(slot.name + ".momentum", slot.momentum);
  }
  return tensors;
}

}  // namespace multipole

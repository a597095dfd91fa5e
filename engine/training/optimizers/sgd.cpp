#include "engine/training/optimizers/sgd.h"

#include <torch/utils.h>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>

namespace multipole {

void SgdConfig::validate(const std::string& where) const {
  require(lr > 0, where + ".lr", "must be positive", lr);
  require(weight_decay >= 0, where + ".weight_decay", "must not be negative", weight_decay);
  require(momentum >= 0 && momentum < 1, where + ".momentum", "must be in [0, 1)", momentum);
}

Sgd::Sgd(const SgdConfig& config, const std::vector<ParameterGroup>& groups) : config_(config) {
  for (const auto& group : groups) {
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      slots_.push_back({group.names[i], group.parameters[i], torch::zeros_like(group.parameters[i].detach()),
                        group.kind != ParameterKind::kPlain});
    }
  }
}

void Sgd::step(double lr_factor) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parameters, momenta, updates;
  for (auto& slot : slots_) {
    const auto& gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    parameters.push_back(slot.parameter);
    momenta.push_back(slot.momentum);
    const bool decays = slot.decayed && config_.weight_decay > 0;
    updates.push_back(decays ? torch::add(gradient, slot.parameter, config_.weight_decay) : gradient);
  }
  if (parameters.empty()) return;
  at::_foreach_mul_(momenta, config_.momentum);
  at::_foreach_add_(momenta, updates);
  if (config_.nesterov) updates = at::_foreach_add(updates, momenta, config_.momentum);
  at::_foreach_add_(parameters, config_.nesterov ? updates : momenta, -config_.lr * lr_factor);
}

std::vector<std::pair<std::string, torch::Tensor>> Sgd::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const auto& slot : slots_) tensors.emplace_back(slot.name + ".momentum", slot.momentum);
  return tensors;
}

}  // namespace multipole

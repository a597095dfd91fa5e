#include "engine/optimizers/adamw.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adamw.h>
#include <torch/utils.h>

namespace multipole {

void AdamWConfig::validate(const std::string& where) const {
  require(lr > 0, where + ".lr", "must be positive", lr);
  require(weight_decay >= 0, where + ".weight_decay", "must not be negative", weight_decay);
  require(beta1 >= 0 && beta1 < 1, where + ".beta1", "must be in [0, 1)", beta1);
  require(beta2 >= 0 && beta2 < 1, where + ".beta2", "must be in [0, 1)", beta2);
  require(eps > 0, where + ".eps", "must be positive", eps);
}

AdamW::AdamW(const AdamWConfig& config, const std::vector<ParameterGroup>& groups) : config_(config) {
  for (const auto& group : groups) {
    Group& own = groups_.emplace_back();
    own.weight_decay = group.kind == ParameterKind::kPlain ? 0.0 : config.weight_decay;
    own.lr_scale = group.lr_scale;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const auto& parameter = group.parameters[i];
      const auto values = parameter.detach();
      own.slots.push_back({group.names[i], parameter, torch::zeros_like(values), torch::zeros_like(values),
                           torch::zeros({}, values.options().dtype(torch::kFloat))});
    }
  }
}

void AdamW::step(double lr_factor) {
  torch::NoGradGuard no_grad;
  for (auto& group : groups_) {
    std::vector<torch::Tensor> parameters, gradients, exp_avgs, exp_avg_sqs, steps;
    for (auto& slot : group.slots) {
      if (!slot.parameter.grad().defined()) continue;
      parameters.push_back(slot.parameter);
      gradients.push_back(slot.parameter.grad());
      exp_avgs.push_back(slot.exp_avg);
      exp_avg_sqs.push_back(slot.exp_avg_sq);
      steps.push_back(slot.step);
    }
    if (parameters.empty()) continue;
    at::_foreach_add_(steps, 1);
    at::_fused_adamw_(parameters, gradients, exp_avgs, exp_avg_sqs, {}, steps, config_.lr * lr_factor * group.lr_scale,
                      config_.beta1, config_.beta2, group.weight_decay, config_.eps, /*amsgrad=*/false,
                      /*maximize=*/false);
  }
}

std::vector<std::pair<std::string, torch::Tensor>> AdamW::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const auto& group : groups_) {
    for (const auto& slot : group.slots) {
      tensors.emplace_back(slot.name + ".exp_avg", slot.exp_avg);
      tensors.emplace_back(slot.name + ".exp_avg_sq", slot.exp_avg_sq);
      tensors.emplace_back(slot.name + ".step", slot.step);
    }
  }
  return tensors;
}

}  // namespace multipole

#include "engine/training/train_step.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <torch/utils.h>

#include <cmath>

#include "engine/training/freezing.h"

namespace multipole {

TrainStep::TrainStep(const TrainConfig& config, const Execution& execution, VisionModel model, VisionModel average,
                     TrainTask& task)
    : config_(config),
      execution_(execution),
      model_(std::move(model)),
      task_(task),
      parameters_(model_->parameters()),
      buffers_(model_->buffers()) {
  const auto lr_scales = layer_learning_rates(*model_, config.fine_tune.layer_decay);
  const auto groups = make_optimizer_groups(*model_, model_->no_weight_decay(), lr_scales);
  optimizer_ = make_optimizer(config.optimizer, groups, "train.optimizer");
  if (average) ema_ = std::make_unique<Ema>(config.ema, *model_, *average);
}

StepOutcome TrainStep::run(const std::vector<Batch>& window, double lr_factor, int64_t step) {
  StepOutcome outcome;
  for (const auto& batch : window) outcome.samples += batch.size();
  if (outcome.samples == 0) return outcome;
  // running statistics move in the forward pass already
  std::vector<torch::Tensor> buffers;
  for (const auto& buffer : buffers_) buffers.push_back(buffer.clone());
  if (accumulate_gradients(window, outcome) && clip_gradients(outcome)) {
    optimizer_->step(lr_factor);
    if (ema_) ema_->update(step);
    outcome.updated = true;
  } else {
    for (size_t i = 0; i < buffers.size(); ++i) buffers_[i].copy_(buffers[i]);
  }
  clear_gradients();
  return outcome;
}

bool TrainStep::accumulate_gradients(const std::vector<Batch>& window, StepOutcome& outcome) {
  for (const auto& batch : window) {
    if (batch.size() == 0) continue;
    const double weight = static_cast<double>(batch.size()) / static_cast<double>(outcome.samples);
    torch::Tensor loss;
    {
      const AutocastGuard autocast(execution_);
      loss = task_.loss(model_, batch.images.to(execution_.device), batch);
    }
    const auto value = loss.item<double>();
    outcome.loss += weight * value;
    if (!std::isfinite(value)) {
      outcome.problem = "the loss is " + std::to_string(value);
      return false;
    }
    (loss * weight).backward();
  }
  return true;
}

bool TrainStep::clip_gradients(StepOutcome& outcome) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : parameters_) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  outcome.gradient_norm = torch::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (!std::isfinite(outcome.gradient_norm)) {
    outcome.problem = "the gradient's norm is " + std::to_string(outcome.gradient_norm);
    return false;
  }
  if (config_.clip_grad > 0 && outcome.gradient_norm > config_.clip_grad) {
    at::_foreach_mul_(gradients, config_.clip_grad / outcome.gradient_norm);
  }
  return true;
}

void TrainStep::clear_gradients() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

}  // namespace multipole

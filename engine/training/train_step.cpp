#include "engine/training/train_step.h"

#include <torch/utils.h>

#include <cmath>

#include "base/sample_random.h"
#include "engine/optimizers/freezing.h"
#include "engine/optimizers/gradient_clip.h"
#include "engine/runtime/out_of_memory.h"
#include "engine/runtime/random_state.h"
#include "engine/training/micro_batches.h"

namespace multipole {

TrainStep::TrainStep(const TrainConfig& config, const Execution& execution, TrainedModel model, TrainedModel average,
                     TrainTask& task, std::shared_ptr<const ProcessGroup> group)
    : config_(config),
      execution_(execution),
      model_(std::move(model)),
      task_(task),
      group_(std::move(group)),
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
  outcome.samples = std::llround(group_->sum(static_cast<double>(outcome.samples)));
  if (outcome.samples == 0) return outcome;
  if (group_->size() > 1) seed_step(step);
  // running statistics move in the forward pass already
  std::vector<torch::Tensor> buffers;
  for (const auto& buffer : buffers_) buffers.push_back(buffer.clone());
  if (accumulate_within_memory(window, buffers, outcome) && clip(outcome)) {
    optimizer_->step(lr_factor);
    group_->broadcast(buffers_);
    if (ema_) ema_->update(step);
    outcome.updated = true;
  } else {
    put_back(buffers);
  }
  clear_gradients();
  return outcome;
}

bool TrainStep::accumulate_within_memory(const std::vector<Batch>& window, const std::vector<torch::Tensor>& buffers,
                                         StepOutcome& outcome) {
  const auto random = random_state(execution_.device);
  const int64_t largest = largest_batch(window);
  while (true) {
    const bool fits = micro_batch_ == 0 || largest <= micro_batch_;
    try {
      return accumulate_gradients(fits ? window : split_batches(window, micro_batch_), outcome);
    } catch (const std::exception& error) {
      const int64_t tried = fits ? largest : micro_batch_;
      // other processes wait for this one's gradients: they cannot be asked to begin again
      if (!is_out_of_memory(error) || tried <= 1 || group_->size() > 1) throw;
      micro_batch_ = (tried + 1) / 2;
    }
    outcome.shrank = true;
    reducer_.reset();
    clear_gradients();
    put_back(buffers);
    restore_random_state(random, execution_.device);
  }
}

bool TrainStep::accumulate_gradients(const std::vector<Batch>& window, StepOutcome& outcome) {
  double sum = 0;
  for (size_t i = 0; i < window.size(); ++i) {
    torch::Tensor loss;  // undefined for a batch of which nothing could be read
    double value = 0;
    if (window[i].size() > 0) {
      const AutocastGuard autocast(execution_);
      loss = task_.loss_of(model_, window[i].inputs().to(execution_.device), window[i]);
      value = loss.item<double>();
    }
    // all processes go on, or none does
    if (group_->sum(std::isfinite(value) ? 0 : 1) > 0) {
      outcome.loss = value;
      outcome.problem =
          std::isfinite(value) ? "another process's loss is not finite" : "the loss is " + std::to_string(value);
      return false;
    }
    const double share = static_cast<double>(window[i].size()) / static_cast<double>(outcome.samples);
    sum += share * value;
    // the reducer takes the mean over the processes, each of which has its share of the samples
    if (loss.defined()) loss = loss * (share * static_cast<double>(group_->size()));
    reducer().backward(loss, i + 1 == window.size());
  }
  outcome.loss = group_->sum(sum);
  return true;
}

// Drop path and the like must differ between processes, and be what they would have been in a run that is resumed.
void TrainStep::seed_step(int64_t step) const {
  SampleRandom random(static_cast<uint64_t>(config_.seed), static_cast<uint64_t>(step),
                      static_cast<uint64_t>(group_->process_rank()), RandomStream::kStep);
  torch::manual_seed(random.next());
}

// Freezing may change from epoch to epoch what gets a gradient.
GradientReducer& TrainStep::reducer() {
  std::vector<bool> wanted;
  std::vector<torch::Tensor> parameters;
  for (const auto& parameter : parameters_) {
    wanted.push_back(parameter.requires_grad());
    if (parameter.requires_grad()) parameters.push_back(parameter);
  }
  if (!reducer_ || wanted != reduced_) {
    reducer_.reset();
    reducer_ = std::make_unique<GradientReducer>(parameters, group_);
    reduced_ = wanted;
  }
  return *reducer_;
}

bool TrainStep::clip(StepOutcome& outcome) {
  outcome.gradient_norm = clip_gradients(parameters_, config_.clip_grad);
  if (std::isfinite(outcome.gradient_norm)) return true;
  outcome.problem = "the gradient's norm is " + std::to_string(outcome.gradient_norm);
  return false;
}

void TrainStep::put_back(const std::vector<torch::Tensor>& buffers) {
  for (size_t i = 0; i < buffers.size(); ++i) buffers_[i].copy_(buffers[i]);
}

void TrainStep::clear_gradients() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

}  // namespace multipole

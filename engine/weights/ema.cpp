#include "engine/weights/ema.h"

#include <ATen/ops/_foreach_copy.h>
#include <ATen/ops/_foreach_lerp.h>
#include <torch/nn/module.h>
#include <torch/utils.h>

#include <algorithm>

namespace multipole {

void EmaConfig::validate(const std::string& where) const {
  require(decay >= 0 && decay < 1, where + ".decay", "must be in [0, 1)", decay);
}

Ema::Ema(const EmaConfig& config, const torch::nn::Module& source, torch::nn::Module& average)
    : config_(config),
      source_(source.parameters()),
      average_(average.parameters()),
      source_buffers_(source.buffers()),
      average_buffers_(average.buffers()) {
  TORCH_CHECK(source_.size() == average_.size() && source_buffers_.size() == average_buffers_.size(),
              "the averaged model must have the architecture of its source");
  torch::NoGradGuard no_grad;
  for (auto& parameter : average_) parameter.set_requires_grad(false);
  at::_foreach_copy_(average_, source_);
  if (!source_buffers_.empty()) at::_foreach_copy_(average_buffers_, source_buffers_);
}

double Ema::decay(int64_t step) const {
  if (!config_.warmup) return config_.decay;
  const auto count = static_cast<double>(step);
  return std::min(config_.decay, (1 + count) / (10 + count));
}

void Ema::update(int64_t step) {
  torch::NoGradGuard no_grad;
  at::_foreach_lerp_(average_, source_, 1 - decay(step));
  if (!source_buffers_.empty()) at::_foreach_copy_(average_buffers_, source_buffers_);
}

}  // namespace multipole

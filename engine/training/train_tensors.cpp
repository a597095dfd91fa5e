#include "engine/training/train_tensors.h"

#include <torch/utils.h>

#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/runtime/random_state.h"

namespace multipole {

namespace {

std::map<std::string, torch::Tensor> weights_and_optimizer(const TrainedModel& model, const TrainedModel& average,
                                                           const Optimizer& optimizer) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& [name, tensor] : named_weights(*model)) tensors["model." + name] = tensor.detach();
  if (average) {
    for (const auto& [name, tensor] : named_weights(*average)) tensors["ema." + name] = tensor.detach();
  }
  for (const auto& [name, tensor] : optimizer.state()) tensors["optimizer." + name] = tensor;
  return tensors;
}

}  // namespace

std::map<std::string, torch::Tensor> train_tensors(const TrainedModel& model, const TrainedModel& average,
                                                   const Optimizer& optimizer, const torch::Device& device) {
  auto tensors = weights_and_optimizer(model, average, optimizer);
  tensors.merge(random_state(device));
  return tensors;
}

void restore_train_tensors(const std::map<std::string, torch::Tensor>& saved, TrainedModel& model,
                           TrainedModel& average, Optimizer& optimizer, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  const auto own = weights_and_optimizer(model, average, optimizer);
  std::string misfits;
  const auto add_misfit = [&](const std::string& what) { misfits += (misfits.empty() ? "" : ", ") + what; };
  for (const auto& [name, tensor] : own) {
    const auto found = saved.find(name);
    if (found == saved.end()) {
      add_misfit(name + " is missing");
    } else if (found->second.sizes() != tensor.sizes()) {
      add_misfit(name + " has another shape");
    }
  }
  for (const auto& [name, tensor] : saved) {
    if (!own.contains(name) && !name.starts_with("rng.")) add_misfit(name + " is unexpected");
  }
  if (!misfits.empty()) throw ModelFileError("the training state does not fit the model and optimiser: " + misfits);
  for (const auto& [name, tensor] : own) tensor.copy_(saved.at(name));
  restore_random_state(saved, device);
}

}  // namespace multipole

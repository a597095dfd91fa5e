// The tensors of a training run by name, to save and to restore.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>

#include "backbone/families/trained_model.h"
#include "engine/optimizers/optimizer.h"

namespace multipole {

// "model.<weight>", "ema.<weight>" where an average is kept, "optimizer.<state>", and the random generators' (see
// random_state.h). Weights and optimiser states alias what training goes on changing.
std::map<std::string, torch::Tensor> train_tensors(const TrainedModel& model, const TrainedModel& average,
                                                   const Optimizer& optimizer, const torch::Device& device);

// Copies them back. Throws ModelFileError, naming them, where tensors are missing, unexpected or of another shape; then
// nothing has changed.
void restore_train_tensors(const std::map<std::string, torch::Tensor>& saved, TrainedModel& model,
                           TrainedModel& average, Optimizer& optimizer, const torch::Device& device);

}  // namespace multipole

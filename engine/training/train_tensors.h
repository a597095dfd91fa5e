// The tensors of a training run by name, to save and to restore.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>

#include "engine/optimizers/optimizer.h"
#include "heads/model/model.h"

namespace multipole {

// "model.<weight>", "ema.<weight>" where an average is kept, "optimizer.<state>", and the random generators' (see
// random_state.h). Weights and optimiser states alias what training goes on changing.
std::map<std::string, torch::Tensor> train_tensors(const VisionModel& model, const VisionModel& average,
                                                   const Optimizer& optimizer, const torch::Device& device);

// Copies them back. Throws ModelFileError, naming them, where tensors are missing, unexpected or of another shape; then
// nothing has changed.
void restore_train_tensors(const std::map<std::string, torch::Tensor>& tensors, VisionModel& model,
                           VisionModel& average, Optimizer& optimizer, const torch::Device& device);

// Copies `saved` into the tensors of the same names that training goes on changing, `own`, and sets the random
// generators. Throws as above; what `own` aliases is then as it was.
void copy_back(const std::map<std::string, torch::Tensor>& saved, const std::map<std::string, torch::Tensor>& own,
               const torch::Device& device);

}  // namespace multipole

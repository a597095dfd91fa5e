// The state of torch's random generators: weights' initial values, dropout and drop path draw from them.
#pragma once

#include <torch/types.h>

#include <map>
#include <string>

namespace multipole {

// "rng.cpu" and, for another device, "rng.device": the generators' states as bytes.
std::map<std::string, torch::Tensor> random_state(const torch::Device& device);

// Throws ModelFileError where a state is missing or does not fit its generator.
void restore_random_state(const std::map<std::string, torch::Tensor>& tensors, const torch::Device& device);

}  // namespace multipole

// The gradient of all parameters together, made no longer than it may be.
#pragma once

#include <torch/types.h>

#include <vector>

namespace multipole {

// Returns the gradient's norm and scales the gradients so that it is at most max_norm; 0 is no limit. Where the norm is
// not a finite number the gradients stay as they are: they must not reach the weights.
double clip_gradients(const std::vector<torch::Tensor>& parameters, double max_norm);

}  // namespace multipole

// Gradient checkpointing (Chen et al., "Training deep nets with sublinear memory cost", arXiv 1604.06174): keep only
// the input of a part of a network and compute the part again in the backward pass.
#pragma once

#include <torch/types.h>

#include <functional>

namespace multipole {

// function(x), without keeping its intermediate results. `function` runs once more in the backward pass, with the
// random numbers and the autocast state that it had now, so results and gradients are those of calling it directly; it
// must not depend on anything else that changes. Its parameters get their gradients as usual. Needs an `x` that
// requires a gradient; with any other, or where gradients are off, the function is called directly.
torch::Tensor checkpoint(const std::function<torch::Tensor(const torch::Tensor&)>& function, const torch::Tensor& x);

}  // namespace multipole

// The definition of the 2D attention token by token: every query visits its near tokens and its interaction lists.
// Slow and right by inspection; what the self-test compares the backends with.
#pragma once

#include <ATen/core/Tensor.h>

#include "backbone/multipole/attention2d_args.h"

namespace multipole::reference {

// Masses as complete_masses() gives them (upward/token_mass.h). A query must see a key.
// Returns out (B, H, W, heads, head_dim) in float64 for any input dtype, on the CPU. Differentiable by autograd.
at::Tensor dense_attention2d(const Attention2dArgs& args);

}  // namespace multipole::reference

// Initial values of weights, drawn from torch's generator.
#pragma once

#include <torch/types.h>

namespace multipole {

// Fills `weight` from a normal of mean 0 and deviation `std`, cut at two deviations; returns it.
torch::Tensor trunc_normal_(torch::Tensor weight, double std = 0.02);

}  // namespace multipole

// The type that a layer computes in, autocast counted in.
#pragma once

#include <torch/types.h>

namespace multipole {

// What products of x (on a CPU) are computed in here: autocast's type where it is on, as for torch's own layers, but
// for float64, which it leaves alone.
torch::ScalarType computed_type(const torch::Tensor& x);

}  // namespace multipole

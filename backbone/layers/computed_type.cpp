#include "backbone/layers/computed_type.h"

#include <ATen/autocast_mode.h>

namespace multipole {

torch::ScalarType computed_type(const torch::Tensor& x) {
  return at::autocast::is_autocast_enabled(at::kCPU) && x.is_floating_point() && x.scalar_type() != torch::kFloat64
             ? at::autocast::get_autocast_dtype(at::kCPU)
             : x.scalar_type();
}

}  // namespace multipole

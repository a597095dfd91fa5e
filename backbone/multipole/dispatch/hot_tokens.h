// hot_tokens2d of op.h in plain ATen: one matrix product and a sort, on any device.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole {

// token_mass may be undefined. The arguments are checked before they get here.
at::Tensor run_hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count, const at::Tensor& token_mass,
                            double scale);

}  // namespace multipole

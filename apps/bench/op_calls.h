// What the subjects of `bench op` share: making a differentiable call out of a function of tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "apps/bench/op_case.h"
#include "apps/bench/op_subjects.h"

namespace multipole {

using Tensors = std::vector<at::Tensor>;
using Attend = std::function<at::Tensor(const Tensors& inputs)>;

at::TensorOptions options_of(const OpCase& problem);

// Bytes of queries, keys, values, result, and the gradients of all; whatever the pairs.
double streamed_bytes(const OpCase& problem, double pairs);

// `count` tensors from `first` on.
Tensors slice(const Tensors& all, size_t first, size_t count);

OpCalls differentiable(const Attend& attend, Tensors inputs);

}  // namespace multipole

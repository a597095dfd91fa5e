// The dtype that the reference computes in.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace multipole::reference {

// float32 for the half types, else the dtype itself.
inline at::ScalarType compute_dtype(at::ScalarType dtype) {
  return dtype == at::kHalf || dtype == at::kBFloat16 ? at::kFloat : dtype;
}

inline at::Tensor to_compute(const at::Tensor& x) { return x.defined() ? x.to(compute_dtype(x.scalar_type())) : x; }

inline std::vector<at::Tensor> to_compute(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> converted;
  for (const at::Tensor& x : tensors) converted.push_back(to_compute(x));
  return converted;
}

}  // namespace multipole::reference

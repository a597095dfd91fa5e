// What the autograd functions of the operators share.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include <optional>
#include <vector>

namespace multipole {

// Autograd runs a backward with gradients enabled only for create_graph=True.
inline void refuse_second_derivative(const char* op) {
  TORCH_CHECK(!at::GradMode::is_enabled(), "multipole::", op,
              " has no second derivative: run the backward without create_graph");
}

// A gradient that did not arrive counts as zeros.
inline at::Tensor or_zeros(const at::Tensor& gradient, const at::Tensor& like) {
  return gradient.defined() ? gradient : at::zeros_like(like);
}

inline std::optional<at::Tensor> optional_tensor(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

inline std::optional<at::TensorList> optional_list(bool given, const std::vector<at::Tensor>& list) {
  return given ? std::optional<at::TensorList>(list) : std::nullopt;
}

}  // namespace multipole

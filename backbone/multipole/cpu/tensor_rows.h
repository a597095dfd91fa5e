// Tensors whose rows the kernels can read: the last dimension contiguous.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace multipole::cpu {

// The tensor itself where its last dimension is contiguous, else a copy of which it is.
at::Tensor with_contiguous_heads(const at::Tensor& tensor);
std::vector<at::Tensor> with_contiguous_heads(const std::vector<at::Tensor>& tensors);

// A contiguous tensor like each of `tensors`, zeroed.
std::vector<at::Tensor> zeros_like_each(const std::vector<at::Tensor>& tensors);

}  // namespace multipole::cpu

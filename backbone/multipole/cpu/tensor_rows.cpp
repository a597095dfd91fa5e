#include "backbone/multipole/cpu/tensor_rows.h"

#include <ATen/ops/zeros.h>

namespace multipole::cpu {

at::Tensor with_contiguous_heads(const at::Tensor& t) { return t.stride(-1) == 1 ? t : t.contiguous(); }

std::vector<at::Tensor> with_contiguous_heads(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& t : tensors) out.push_back(with_contiguous_heads(t));
  return out;
}

std::vector<at::Tensor> zeros_like_each(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> out;
  for (const at::Tensor& t : tensors) out.push_back(at::zeros(t.sizes(), t.options()));
  return out;
}

}  // namespace multipole::cpu

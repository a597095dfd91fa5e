#include "backbone/multipole/op.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include "backbone/multipole/operators.h"

namespace multipole {

std::tuple<at::Tensor, at::Tensor> attention2d(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
    int64_t cell, std::optional<at::TensorList> q_far, const std::optional<at::Tensor>& near_bias,
    std::optional<at::TensorList> far_bias, std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
    const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
    std::optional<at::TensorList> far_mass) {
  static const auto op = find_operator<Attention2dSignature>("attention2d");
  return op.call(q, k, v, k_far, v_far, cell, q_far, near_bias, far_bias, scale, k_extra, v_extra, token_mass,
                 far_mass);
}

std::vector<at::Tensor> summarize2d(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                    int64_t cell, const std::optional<at::Tensor>& token_mass) {
  static const auto op = find_operator<Summarize2dSignature>("summarize2d");
  return op.call(x, token_basis, merge_basis, cell, token_mass);
}

std::tuple<at::Tensor, at::Tensor> attention1d(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                               at::TensorList k_far, at::TensorList v_far, int64_t group, bool causal,
                                               std::optional<double> scale) {
  static const auto op = find_operator<Attention1dSignature>("attention1d");
  return op.call(q, k, v, k_far, v_far, group, causal, scale);
}

std::vector<at::Tensor> summarize1d(const at::Tensor& x, at::TensorList basis, int64_t group) {
  static const auto op = find_operator<Summarize1dSignature>("summarize1d");
  return op.call(x, basis, group);
}

}  // namespace multipole

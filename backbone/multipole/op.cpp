#include "backbone/multipole/op.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "backbone/multipole/attention2d_args.h"
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

std::tuple<std::vector<at::Tensor>, std::vector<at::Tensor>, std::vector<at::Tensor>> cluster2d(
    const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
    const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  static const auto op = find_operator<Cluster2dSignature>("cluster2d");
  return op.call(k, v, cell, rank, num_levels, token_mass, num_steps);
}

at::Tensor hot_tokens2d(const at::Tensor& q, const at::Tensor& k, int64_t count,
                        const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  static const auto op = find_operator<HotTokens2dSignature>("hot_tokens2d");
  return op.call(q, k, count, token_mass, scale);
}

HotTokens take_hot_tokens(const at::Tensor& k, const at::Tensor& v, const at::Tensor& indices,
                          const std::optional<at::Tensor>& token_mass) {
  // (B, heads, E) -> (B, E, heads)
  const at::Tensor places = indices.transpose(1, 2);
  const auto take = [&](const at::Tensor& x) {
    return x.flatten(1, 2).gather(1, places.unsqueeze(3).expand({-1, -1, -1, x.size(4)}));
  };
  at::Tensor mass = token_mass.value_or(at::Tensor());
  if (!mass.defined())
    mass = at::ones({k.size(0), k.size(1), k.size(2)}, k.options().dtype(mass_dtype(k.scalar_type())));
  if (mass.dim() == 3) mass = mass.unsqueeze(3);
  mass = mass.expand({-1, -1, -1, k.size(3)}).flatten(1, 2).scatter(1, places, 0);
  return {take(k), take(v), mass.unflatten(1, {k.size(1), k.size(2)})};
}

}  // namespace multipole

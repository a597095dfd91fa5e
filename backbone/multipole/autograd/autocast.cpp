// Autocast: under torch.autocast all tensors of a call are cast to its dtype, so that they stay of one dtype.
// Operators that a backend runs in float32 inside (log-sum-exp, accumulation) do so whatever the storage dtype.
#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "backbone/multipole/op.h"
#include "backbone/multipole/operators.h"

namespace multipole {
namespace {

// Casts the arguments of one call; autocast stays off while it lives.
template <c10::DeviceType device>
class Caster {
 public:
  at::Tensor operator()(const at::Tensor& tensor) const { return at::autocast::cached_cast(dtype_, tensor, device); }
  Tensors operator()(at::TensorList tensors) const {
    return at::autocast::cached_cast(dtype_, at::ArrayRef<at::Tensor>(tensors), device);
  }
  std::optional<at::Tensor> operator()(const std::optional<at::Tensor>& tensor) const {
    return at::autocast::cached_cast(dtype_, tensor, device);
  }
  std::optional<Tensors> operator()(const std::optional<at::TensorList>& tensors) const {
    if (!tensors.has_value()) return std::nullopt;
    return (*this)(*tensors);
  }
  // masses are float32 whatever the tokens are
  std::optional<at::Tensor> mass(const std::optional<at::Tensor>& tensor) const {
    return at::autocast::cached_cast(at::kFloat, tensor, device);
  }
  std::optional<Tensors> mass(const std::optional<at::TensorList>& tensors) const {
    if (!tensors.has_value()) return std::nullopt;
    return at::autocast::cached_cast(at::kFloat, at::ArrayRef<at::Tensor>(*tensors), device);
  }

 private:
  c10::impl::ExcludeDispatchKeyGuard no_autocast_{at::autocast::get_autocast_dispatch_key_from_device_type(device)};
  at::ScalarType dtype_ = at::autocast::get_autocast_dtype(device);
};

std::optional<at::TensorList> view(const std::optional<Tensors>& tensors) {
  if (!tensors.has_value()) return std::nullopt;
  return at::TensorList(*tensors);
}

template <c10::DeviceType device>
TensorPair attention2d_autocast(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                at::TensorList v_far, int64_t cell, std::optional<at::TensorList> q_far,
                                const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                                std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                                const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                                std::optional<at::TensorList> far_mass) {
  const Caster<device> cast;
  const std::optional<Tensors> cast_q_far = cast(q_far), cast_far_bias = cast(far_bias);
  const std::optional<Tensors> cast_far_mass = cast.mass(far_mass);
  return attention2d(cast(q), cast(k), cast(v), cast(k_far), cast(v_far), cell, view(cast_q_far), cast(near_bias),
                     view(cast_far_bias), scale, cast(k_extra), cast(v_extra), cast.mass(token_mass),
                     view(cast_far_mass));
}

template <c10::DeviceType device>
Tensors summarize2d_autocast(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                             int64_t cell, const std::optional<at::Tensor>& token_mass) {
  const Caster<device> cast;
  return summarize2d(cast(x), cast(token_basis), cast(merge_basis), cell, cast.mass(token_mass));
}

template <c10::DeviceType device>
TensorPair attention1d_autocast(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                at::TensorList v_far, int64_t group, bool causal, std::optional<double> scale) {
  const Caster<device> cast;
  return attention1d(cast(q), cast(k), cast(v), cast(k_far), cast(v_far), group, causal, scale);
}

template <c10::DeviceType device>
Tensors summarize1d_autocast(const at::Tensor& x, at::TensorList basis, int64_t group) {
  const Caster<device> cast;
  return summarize1d(cast(x), cast(basis), group);
}

template <c10::DeviceType device>
TensorsTriple cluster2d_autocast(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank,
                                 int64_t num_levels, const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  const Caster<device> cast;
  return cluster2d(cast(k), cast(v), cell, rank, num_levels, cast.mass(token_mass), num_steps);
}

template <c10::DeviceType device>
at::Tensor hot_tokens2d_autocast(const at::Tensor& q, const at::Tensor& k, int64_t count,
                                 const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  const Caster<device> cast;
  return hot_tokens2d(cast(q), cast(k), count, cast.mass(token_mass), scale);
}

template <c10::DeviceType device>
void register_autocast(torch::Library& m) {
  m.impl("attention2d", attention2d_autocast<device>);
  m.impl("summarize2d", summarize2d_autocast<device>);
  m.impl("attention1d", attention1d_autocast<device>);
  m.impl("summarize1d", summarize1d_autocast<device>);
  m.impl("cluster2d", cluster2d_autocast<device>);
  m.impl("hot_tokens2d", hot_tokens2d_autocast<device>);
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, AutocastCPU, m) { register_autocast<c10::DeviceType::CPU>(m); }
TORCH_LIBRARY_IMPL(multipole, AutocastCUDA, m) { register_autocast<c10::DeviceType::CUDA>(m); }

}  // namespace multipole

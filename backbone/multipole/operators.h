// The C++ types of the operators, and how to find them in torch's dispatcher.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace multipole {

using TensorPair = std::tuple<at::Tensor, at::Tensor>;
using Tensors = std::vector<at::Tensor>;

using Attention2dSignature = TensorPair(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                        at::TensorList k_far, at::TensorList v_far, int64_t cell,
                                        std::optional<at::TensorList> q_far, const std::optional<at::Tensor>& near_bias,
                                        std::optional<at::TensorList> far_bias, std::optional<double> scale,
                                        const std::optional<at::Tensor>& k_extra,
                                        const std::optional<at::Tensor>& v_extra,
                                        const std::optional<at::Tensor>& token_mass,
                                        std::optional<at::TensorList> far_mass);
using Attention2dBackwardSignature = Tensors(
    const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse, const at::Tensor& out, const at::Tensor& lse,
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
    int64_t cell, std::optional<at::TensorList> q_far, const std::optional<at::Tensor>& near_bias,
    std::optional<at::TensorList> far_bias, std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
    const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
    std::optional<at::TensorList> far_mass);
using Summarize2dSignature = Tensors(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                                     int64_t cell, const std::optional<at::Tensor>& token_mass);
using Summarize2dBackwardSignature = Tensors(at::TensorList d_summaries, const at::Tensor& x,
                                             const at::Tensor& token_basis, at::TensorList merge_basis, int64_t cell,
                                             const std::optional<at::Tensor>& token_mass);
using Attention1dSignature = TensorPair(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                        at::TensorList k_far, at::TensorList v_far, int64_t group, bool causal,
                                        std::optional<double> scale);
using Attention1dBackwardSignature = Tensors(const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse,
                                             const at::Tensor& out, const at::Tensor& lse, const at::Tensor& q,
                                             const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                             at::TensorList v_far, int64_t group, bool causal,
                                             std::optional<double> scale);
using Summarize1dSignature = Tensors(const at::Tensor& x, at::TensorList basis, int64_t group);
using Summarize1dBackwardSignature = Tensors(at::TensorList d_summaries, const at::Tensor& x, at::TensorList basis,
                                             int64_t group);

using TensorsTriple = std::tuple<Tensors, Tensors, Tensors>;
using Cluster2dSignature = TensorsTriple(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank,
                                         int64_t num_levels, const std::optional<at::Tensor>& token_mass,
                                         int64_t num_steps);
// with the labels of Clusters2d
using Cluster2dWithLabelsSignature = std::tuple<Tensors, Tensors, Tensors, Tensors>(
    const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
    const std::optional<at::Tensor>& token_mass, int64_t num_steps);
using Cluster2dBackwardSignature = Tensors(at::TensorList d_k_far, at::TensorList d_v_far, at::TensorList d_far_mass,
                                           at::TensorList k_far, at::TensorList v_far, at::TensorList far_mass,
                                           at::TensorList labels, const at::Tensor& k, const at::Tensor& v,
                                           int64_t cell, int64_t rank, int64_t num_levels,
                                           const std::optional<at::Tensor>& token_mass);
using HotTokens2dSignature = at::Tensor(const at::Tensor& q, const at::Tensor& k, int64_t count,
                                        const std::optional<at::Tensor>& token_mass, std::optional<double> scale);

// The operator multipole::<name>, typed.
template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const std::string& name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(("multipole::" + name).c_str(), "").typed<Signature>();
}

}  // namespace multipole

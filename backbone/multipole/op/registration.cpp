// Registers the operators: schemas, and the kernels that check the arguments and hand them to a backend.
// Autograd is in autograd_*.cpp, autocast in autocast.cpp, shapes without data in meta.cpp.
//
// Operators with a leading underscore are the backward passes, operators themselves so that tracers see them.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <utility>

#include "backbone/multipole/dispatch/dispatch.h"
#include "backbone/multipole/op/check.h"
#include "backbone/multipole/op/check_backward.h"
#include "backbone/multipole/op/check_cluster.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

std::tuple<at::Tensor, at::Tensor> attention2d_kernel(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
    int64_t cell, std::optional<at::TensorList> q_far, const std::optional<at::Tensor>& near_bias,
    std::optional<at::TensorList> far_bias, std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
    const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
    std::optional<at::TensorList> far_mass) {
  return run_attention2d(check_attention2d(q, k, v, k_far, v_far, cell, q_far, near_bias, far_bias, scale, k_extra,
                                           v_extra, token_mass, far_mass));
}

std::vector<at::Tensor> attention2d_backward_kernel(
    const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse, const at::Tensor& out, const at::Tensor& lse,
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
    int64_t cell, std::optional<at::TensorList> q_far, const std::optional<at::Tensor>& near_bias,
    std::optional<at::TensorList> far_bias, std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
    const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
    std::optional<at::TensorList> far_mass) {
  const Attention2dArgs args = check_attention2d(q, k, v, k_far, v_far, cell, q_far, near_bias, far_bias, scale,
                                                 k_extra, v_extra, token_mass, far_mass);
  check_attention2d_backward(args, {d_out, d_lse, out, lse});
  return pack(run_attention2d_backward(args, out, lse, d_out.contiguous(),
                                       d_lse.has_value() ? d_lse->contiguous() : at::Tensor()));
}

std::vector<at::Tensor> summarize2d_kernel(const at::Tensor& x, const at::Tensor& token_basis,
                                           at::TensorList merge_basis, int64_t cell,
                                           const std::optional<at::Tensor>& token_mass) {
  return run_summarize2d(check_summarize2d(x, token_basis, merge_basis, cell, token_mass));
}

std::vector<at::Tensor> summarize2d_backward_kernel(at::TensorList d_summaries, const at::Tensor& x,
                                                    const at::Tensor& token_basis, at::TensorList merge_basis,
                                                    int64_t cell, const std::optional<at::Tensor>& token_mass) {
  const Summarize2dArgs args = check_summarize2d(x, token_basis, merge_basis, cell, token_mass);
  check_summarize2d_backward(args, d_summaries);
  return pack(run_summarize2d_backward(args, d_summaries.vec()));
}

std::tuple<at::Tensor, at::Tensor> attention1d_kernel(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                                      at::TensorList k_far, at::TensorList v_far, int64_t group,
                                                      bool causal, std::optional<double> scale) {
  return run_attention1d(check_attention1d(q, k, v, k_far, v_far, group, causal, scale));
}

std::vector<at::Tensor> attention1d_backward_kernel(const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse,
                                                    const at::Tensor& out, const at::Tensor& lse, const at::Tensor& q,
                                                    const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                                    at::TensorList v_far, int64_t group, bool causal,
                                                    std::optional<double> scale) {
  const Attention1dArgs args = check_attention1d(q, k, v, k_far, v_far, group, causal, scale);
  check_attention1d_backward(args, {d_out, d_lse, out, lse});
  return pack(run_attention1d_backward(args, out, lse, d_out.contiguous(),
                                       d_lse.has_value() ? d_lse->contiguous() : at::Tensor()));
}

std::vector<at::Tensor> summarize1d_kernel(const at::Tensor& x, at::TensorList basis, int64_t group) {
  return run_summarize1d(check_summarize1d(x, basis, group));
}

std::vector<at::Tensor> summarize1d_backward_kernel(at::TensorList d_summaries, const at::Tensor& x,
                                                    at::TensorList basis, int64_t group) {
  const Summarize1dArgs args = check_summarize1d(x, basis, group);
  check_summarize1d_backward(args, d_summaries);
  return pack(run_summarize1d_backward(args, d_summaries.vec()));
}

TensorsTriple cluster2d_kernel(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
                               const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  Clusters2d clusters = run_cluster2d(check_cluster2d(k, v, cell, rank, num_levels, token_mass, num_steps));
  for (at::Tensor& level : clusters.k_far) level = level.to(k.scalar_type());
  for (at::Tensor& level : clusters.v_far) level = level.to(v.scalar_type());
  return {std::move(clusters.k_far), std::move(clusters.v_far), std::move(clusters.far_mass)};
}

std::tuple<Tensors, Tensors, Tensors, Tensors> cluster2d_with_labels_kernel(const at::Tensor& k, const at::Tensor& v,
                                                                            int64_t cell, int64_t rank,
                                                                            int64_t num_levels,
                                                                            const std::optional<at::Tensor>& token_mass,
                                                                            int64_t num_steps) {
  Clusters2d clusters = run_cluster2d(check_cluster2d(k, v, cell, rank, num_levels, token_mass, num_steps));
  return {std::move(clusters.k_far), std::move(clusters.v_far), std::move(clusters.far_mass),
          std::move(clusters.labels)};
}

Tensors cluster2d_backward_kernel(at::TensorList d_k_far, at::TensorList d_v_far, at::TensorList d_far_mass,
                                  at::TensorList k_far, at::TensorList v_far, at::TensorList far_mass,
                                  at::TensorList labels, const at::Tensor& k, const at::Tensor& v, int64_t cell,
                                  int64_t rank, int64_t num_levels, const std::optional<at::Tensor>& token_mass) {
  const Cluster2dArgs args = check_cluster2d(k, v, cell, rank, num_levels, token_mass, /*num_steps=*/0);
  const Clusters2d clusters = {k_far.vec(), v_far.vec(), far_mass.vec(), labels.vec()};
  const Clusters2d d_clusters = {d_k_far.vec(), d_v_far.vec(), d_far_mass.vec()};
  check_cluster2d_backward(args, clusters, d_clusters);
  return pack(run_cluster2d_backward(args, clusters, d_clusters));
}

at::Tensor hot_tokens2d_kernel(const at::Tensor& q, const at::Tensor& k, int64_t count,
                               const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  return run_hot_tokens2d(check_hot_tokens2d(q, k, count, token_mass, scale));
}

}  // namespace

TORCH_LIBRARY(multipole, m) {
  m.def(
      "attention2d(Tensor q, Tensor k, Tensor v, Tensor[] k_far, Tensor[] v_far, int cell, *, Tensor[]? q_far=None, "
      "Tensor? near_bias=None, Tensor[]? far_bias=None, float? scale=None, Tensor? k_extra=None, Tensor? v_extra=None, "
      "Tensor? token_mass=None, Tensor[]? far_mass=None) -> (Tensor out, Tensor lse)");
  m.def(
      "summarize2d(Tensor x, Tensor token_basis, Tensor[] merge_basis, int cell, *, Tensor? token_mass=None) -> "
      "Tensor[]");
  m.def(
      "attention1d(Tensor q, Tensor k, Tensor v, Tensor[] k_far, Tensor[] v_far, int group, *, bool causal=False, "
      "float? scale=None) -> (Tensor out, Tensor lse)");
  m.def("summarize1d(Tensor x, Tensor[] basis, int group) -> Tensor[]");
  m.def(
      "cluster2d(Tensor k, Tensor v, int cell, int rank, int num_levels, *, Tensor? token_mass=None, int num_steps=4) "
      "-> (Tensor[] k_far, Tensor[] v_far, Tensor[] far_mass)");
  m.def("hot_tokens2d(Tensor q, Tensor k, int count, *, Tensor? token_mass=None, float? scale=None) -> Tensor");
  // each returns the gradients of the tensors that were given, in the order of the arguments of tensor_pack.h
  m.def(
      "_attention2d_backward(Tensor d_out, Tensor? d_lse, Tensor out, Tensor lse, Tensor q, Tensor k, Tensor v, "
      "Tensor[] k_far, Tensor[] v_far, int cell, *, Tensor[]? q_far=None, Tensor? near_bias=None, "
      "Tensor[]? far_bias=None, float? scale=None, Tensor? k_extra=None, Tensor? v_extra=None, Tensor? "
      "token_mass=None, "
      "Tensor[]? far_mass=None) -> Tensor[]");
  m.def(
      "_summarize2d_backward(Tensor[] d_summaries, Tensor x, Tensor token_basis, Tensor[] merge_basis, int cell, *, "
      "Tensor? token_mass=None) -> Tensor[]");
  m.def(
      "_attention1d_backward(Tensor d_out, Tensor? d_lse, Tensor out, Tensor lse, Tensor q, Tensor k, Tensor v, "
      "Tensor[] k_far, Tensor[] v_far, int group, *, bool causal=False, float? scale=None) -> Tensor[]");
  m.def(
      "_cluster2d_backward(Tensor[] d_k_far, Tensor[] d_v_far, Tensor[] d_far_mass, Tensor[] k_far, Tensor[] v_far, "
      "Tensor[] far_mass, Tensor[] labels, Tensor k, Tensor v, int cell, int rank, int num_levels, *, "
      "Tensor? token_mass=None) -> Tensor[]");
  // the forward where a backward will follow: the means in the dtype of masses, and which clusters the tokens are in
  m.def(
      "_cluster2d_with_labels(Tensor k, Tensor v, int cell, int rank, int num_levels, *, Tensor? token_mass=None, "
      "int num_steps=4) -> (Tensor[] k_far, Tensor[] v_far, Tensor[] far_mass, Tensor[] labels)");
  m.def("_summarize1d_backward(Tensor[] d_summaries, Tensor x, Tensor[] basis, int group) -> Tensor[]");
}

// One kernel for every device: the backend is chosen from the arguments, and the reference runs on any.
TORCH_LIBRARY_IMPL(multipole, CompositeExplicitAutograd, m) {
  m.impl("attention2d", attention2d_kernel);
  m.impl("summarize2d", summarize2d_kernel);
  m.impl("attention1d", attention1d_kernel);
  m.impl("summarize1d", summarize1d_kernel);
  m.impl("cluster2d", cluster2d_kernel);
  m.impl("_cluster2d_with_labels", cluster2d_with_labels_kernel);
  m.impl("_cluster2d_backward", cluster2d_backward_kernel);
  m.impl("hot_tokens2d", hot_tokens2d_kernel);
  m.impl("_attention2d_backward", attention2d_backward_kernel);
  m.impl("_summarize2d_backward", summarize2d_backward_kernel);
  m.impl("_attention1d_backward", attention1d_backward_kernel);
  m.impl("_summarize1d_backward", summarize1d_backward_kernel);
}

}  // namespace multipole

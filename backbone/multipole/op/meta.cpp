// Shape functions: what the operators return for tensors without data (device "meta", torch.compile's fake tensors).
#include <ATen/ATen.h>
#include <torch/library.h>

#include <utility>

#include "backbone/multipole/op/argument_checker.h"
#include "backbone/multipole/op/check.h"
#include "backbone/multipole/op/check_backward.h"
#include "backbone/multipole/op/check_cluster.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/quadtree.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

at::TensorOptions lse_options(const at::Tensor& q) { return q.options().dtype(mass_dtype(q.scalar_type())); }

Tensors empty_like_each(const Tensors& tensors) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) {
    result.push_back(at::empty(concrete_sizes(tensor), tensor.options()));
  }
  return result;
}

TensorPair attention2d_meta(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                            at::TensorList v_far, int64_t cell, std::optional<at::TensorList> q_far,
                            const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                            std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                            const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                            std::optional<at::TensorList> far_mass) {
  check_attention2d(q, k, v, k_far, v_far, cell, q_far, near_bias, far_bias, scale, k_extra, v_extra, token_mass,
                    far_mass);
  const std::vector<int64_t> sizes = concrete_sizes(q);
  return {at::empty(sizes, q.options()), at::empty({sizes[0], sizes[3], sizes[1], sizes[2]}, lse_options(q))};
}

Tensors attention2d_backward_meta(const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse,
                                  const at::Tensor& out, const at::Tensor& lse, const at::Tensor& q,
                                  const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
                                  int64_t cell, std::optional<at::TensorList> q_far,
                                  const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                                  std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                                  const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                                  std::optional<at::TensorList> far_mass) {
  const Attention2dArgs args = check_attention2d(q, k, v, k_far, v_far, cell, q_far, near_bias, far_bias, scale,
                                                 k_extra, v_extra, token_mass, far_mass);
  check_attention2d_backward(args, {d_out, d_lse, out, lse});
  return empty_like_each(pack(args));
}

Tensors summarize2d_meta(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis, int64_t cell,
                         const std::optional<at::Tensor>& token_mass) {
  check_summarize2d(x, token_basis, merge_basis, cell, token_mass);
  const std::vector<int64_t> sizes = concrete_sizes(x);
  const int64_t rank = concrete_sizes(token_basis)[0], levels = static_cast<int64_t>(merge_basis.size()) + 1;
  Tensors summaries;
  for (int64_t level = 1; level <= levels; ++level) {
    summaries.push_back(
        at::empty({sizes[0], level_cells(level, sizes[1], cell), level_cells(level, sizes[2], cell), rank, sizes[3]},
                  x.options()));
  }
  return summaries;
}

Tensors summarize2d_backward_meta(at::TensorList d_summaries, const at::Tensor& x, const at::Tensor& token_basis,
                                  at::TensorList merge_basis, int64_t cell,
                                  const std::optional<at::Tensor>& token_mass) {
  const Summarize2dArgs args = check_summarize2d(x, token_basis, merge_basis, cell, token_mass);
  check_summarize2d_backward(args, d_summaries);
  return empty_like_each(pack(args));
}

TensorPair attention1d_meta(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                            at::TensorList v_far, int64_t group, bool causal, std::optional<double> scale) {
  check_attention1d(q, k, v, k_far, v_far, group, causal, scale);
  const std::vector<int64_t> sizes = concrete_sizes(q);
  return {at::empty(sizes, q.options()), at::empty({sizes[0], sizes[2], sizes[1]}, lse_options(q))};
}

Tensors attention1d_backward_meta(const at::Tensor& d_out, const std::optional<at::Tensor>& d_lse,
                                  const at::Tensor& out, const at::Tensor& lse, const at::Tensor& q,
                                  const at::Tensor& k, const at::Tensor& v, at::TensorList k_far, at::TensorList v_far,
                                  int64_t group, bool causal, std::optional<double> scale) {
  const Attention1dArgs args = check_attention1d(q, k, v, k_far, v_far, group, causal, scale);
  check_attention1d_backward(args, {d_out, d_lse, out, lse});
  return empty_like_each(pack(args));
}

Tensors summarize1d_meta(const at::Tensor& x, at::TensorList basis, int64_t group) {
  check_summarize1d(x, basis, group);
  const std::vector<int64_t> sizes = concrete_sizes(x);
  Tensors summaries;
  for (const at::Tensor& weights : basis) {
    const std::vector<int64_t> basis_sizes = concrete_sizes(weights);
    summaries.push_back(at::empty({sizes[0], sizes[1] / basis_sizes[1], basis_sizes[0], sizes[2]}, x.options()));
  }
  return summaries;
}

Tensors summarize1d_backward_meta(at::TensorList d_summaries, const at::Tensor& x, at::TensorList basis,
                                  int64_t group) {
  const Summarize1dArgs args = check_summarize1d(x, basis, group);
  check_summarize1d_backward(args, d_summaries);
  return empty_like_each(pack(args));
}

TensorsTriple cluster2d_meta(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank, int64_t num_levels,
                             const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  check_cluster2d(k, v, cell, rank, num_levels, token_mass, num_steps);
  const std::vector<int64_t> sizes = concrete_sizes(k);
  TensorsTriple clusters;
  for (int64_t level = 1; level <= num_levels; ++level) {
    const int64_t rows = level_cells(level, sizes[1], cell), columns = level_cells(level, sizes[2], cell);
    const std::vector<int64_t> shape = {sizes[0], rows, columns, rank, sizes[3], sizes[4]};
    std::get<0>(clusters).push_back(at::empty(shape, k.options()));
    std::get<1>(clusters).push_back(at::empty(shape, v.options()));
    std::get<2>(clusters).push_back(at::empty(at::IntArrayRef(shape).slice(0, 5), lse_options(k)));
  }
  return clusters;
}

std::tuple<Tensors, Tensors, Tensors, Tensors> cluster2d_with_labels_meta(const at::Tensor& k, const at::Tensor& v,
                                                                          int64_t cell, int64_t rank,
                                                                          int64_t num_levels,
                                                                          const std::optional<at::Tensor>& token_mass,
                                                                          int64_t num_steps) {
  auto [k_far, v_far, far_mass] = cluster2d_meta(k, v, cell, rank, num_levels, token_mass, num_steps);
  for (Tensors* list : {&k_far, &v_far}) {
    for (at::Tensor& level : *list) level = at::empty(concrete_sizes(level), lse_options(k));
  }
  const std::vector<int64_t> sizes = concrete_sizes(k);
  Tensors labels = {at::empty(at::IntArrayRef(sizes).slice(0, 4), k.options().dtype(at::kInt))};
  for (int64_t level = 2; level <= num_levels; ++level) {
    const at::Tensor& below = far_mass[static_cast<size_t>(level) - 2];
    labels.push_back(at::empty(concrete_sizes(below), k.options().dtype(at::kInt)));
  }
  return {std::move(k_far), std::move(v_far), std::move(far_mass), std::move(labels)};
}

Tensors cluster2d_backward_meta(at::TensorList d_k_far, at::TensorList d_v_far, at::TensorList d_far_mass,
                                at::TensorList k_far, at::TensorList v_far, at::TensorList far_mass,
                                at::TensorList labels, const at::Tensor& k, const at::Tensor& v, int64_t cell,
                                int64_t rank, int64_t num_levels, const std::optional<at::Tensor>& token_mass) {
  const Cluster2dArgs args = check_cluster2d(k, v, cell, rank, num_levels, token_mass, /*num_steps=*/0);
  check_cluster2d_backward(args, {k_far.vec(), v_far.vec(), far_mass.vec(), labels.vec()},
                           {d_k_far.vec(), d_v_far.vec(), d_far_mass.vec()});
  return empty_like_each(pack(args));
}

at::Tensor hot_tokens2d_meta(const at::Tensor& q, const at::Tensor& k, int64_t count,
                             const std::optional<at::Tensor>& token_mass, std::optional<double> scale) {
  check_hot_tokens2d(q, k, count, token_mass, scale);
  const std::vector<int64_t> sizes = concrete_sizes(q);
  return at::empty({sizes[0], sizes[3], count}, q.options().dtype(at::kLong));
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Meta, m) {
  m.impl("attention2d", attention2d_meta);
  m.impl("summarize2d", summarize2d_meta);
  m.impl("attention1d", attention1d_meta);
  m.impl("summarize1d", summarize1d_meta);
  m.impl("cluster2d", cluster2d_meta);
  m.impl("_cluster2d_with_labels", cluster2d_with_labels_meta);
  m.impl("_cluster2d_backward", cluster2d_backward_meta);
  m.impl("hot_tokens2d", hot_tokens2d_meta);
  m.impl("_attention2d_backward", attention2d_backward_meta);
  m.impl("_summarize2d_backward", summarize2d_backward_meta);
  m.impl("_attention1d_backward", attention1d_backward_meta);
  m.impl("_summarize1d_backward", summarize1d_backward_meta);
}

}  // namespace multipole

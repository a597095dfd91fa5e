// Autograd of cluster2d: the backward takes the clusters' members as the forward found them.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <utility>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/autograd/autograd_support.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct ClusterShape {
  int64_t cell, rank, num_levels, num_steps;
};

std::optional<at::Tensor> mass_of(at::TensorList tensors) {
  return tensors.size() > 2 ? std::optional(tensors[2]) : std::nullopt;
}

class Cluster2dFunction : public torch::autograd::Function<Cluster2dFunction> {
 public:
  // tensors: k, v, and token_mass where it is given
  static variable_list forward(AutogradContext* ctx, at::TensorList tensors, const ClusterShape& shape) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Cluster2dWithLabelsSignature>("_cluster2d_with_labels");
    auto [k_far, v_far, far_mass, labels] =
        op.call(tensors[0], tensors[1], shape.cell, shape.rank, shape.num_levels, mass_of(tensors), shape.num_steps);
    variable_list saved = pack(Clusters2d{k_far, v_far, far_mass});
    saved.insert(saved.end(), labels.begin(), labels.end());
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    ctx->save_for_backward(saved);
    ctx->saved_data["shape"] = std::vector<int64_t>{shape.cell, shape.rank, shape.num_levels};
    const at::ScalarType dtype = tensors[0].scalar_type();
    if (dtype != mass_dtype(dtype)) {
      for (Tensors* list : {&k_far, &v_far}) {
        for (at::Tensor& level : *list) level = level.to(dtype);
      }
    }
    return pack(Clusters2d{std::move(k_far), std::move(v_far), std::move(far_mass)});
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_clusters) {
    refuse_second_derivative("cluster2d");
    const variable_list saved = ctx->get_saved_variables();
    const std::vector<int64_t> shape = ctx->saved_data["shape"].toIntVector();
    const auto levels = static_cast<size_t>(shape[2]);
    const auto list = [levels](at::TensorList all, size_t index) { return all.slice(index * levels, levels); };
    const at::TensorList tensors = at::TensorList(saved).slice(4 * levels);
    static const auto op = find_operator<Cluster2dBackwardSignature>("_cluster2d_backward");
    variable_list grads =
        op.call(list(d_clusters, 0), list(d_clusters, 1), list(d_clusters, 2), list(saved, 0), list(saved, 1),
                list(saved, 2), list(saved, 3), tensors[0], tensors[1], shape[0], shape[1], shape[2], mass_of(tensors));
    grads.emplace_back();  // the shape has no gradient
    return grads;
  }
};

TensorsTriple cluster2d_autograd(const at::Tensor& k, const at::Tensor& v, int64_t cell, int64_t rank,
                                 int64_t num_levels, const std::optional<at::Tensor>& token_mass, int64_t num_steps) {
  Cluster2dArgs args;
  args.k = k;
  args.v = v;
  args.token_mass = token_mass.value_or(at::Tensor());
  const Tensors tensors = pack(args);
  const bool has_gradients =
      at::GradMode::is_enabled() &&
      std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor& tensor) { return tensor.requires_grad(); });
  if (!has_gradients) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Cluster2dSignature>("cluster2d");
    return op.call(k, v, cell, rank, num_levels, token_mass, num_steps);
  }
  const variable_list clusters =
      Cluster2dFunction::apply(at::TensorList(tensors), ClusterShape{cell, rank, num_levels, num_steps});
  PackedTensors packed(clusters);
  Tensors k_far = packed.next(num_levels), v_far = packed.next(num_levels), far_mass = packed.next(num_levels);
  return {std::move(k_far), std::move(v_far), std::move(far_mass)};
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Autograd, m) { m.impl("cluster2d", cluster2d_autograd); }

}  // namespace multipole

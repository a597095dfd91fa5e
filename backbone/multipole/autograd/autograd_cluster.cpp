// Autograd of cluster2d: the members of the clusters are found again in the backward, so only its inputs are saved.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <utility>

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
    static const auto op = find_operator<Cluster2dSignature>("cluster2d");
    ctx->save_for_backward(tensors.vec());
    ctx->saved_data["shape"] = std::vector<int64_t>{shape.cell, shape.rank, shape.num_levels, shape.num_steps};
    auto [k_far, v_far, far_mass] =
        op.call(tensors[0], tensors[1], shape.cell, shape.rank, shape.num_levels, mass_of(tensors), shape.num_steps);
    return pack(Clusters2d{std::move(k_far), std::move(v_far), std::move(far_mass)});
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_clusters) {
    refuse_second_derivative("cluster2d");
    const variable_list saved = ctx->get_saved_variables();
    const std::vector<int64_t> shape = ctx->saved_data["shape"].toIntVector();
    const auto levels = static_cast<size_t>(shape[2]);
    const at::TensorList all = d_clusters;
    static const auto op = find_operator<Cluster2dBackwardSignature>("_cluster2d_backward");
    variable_list grads = op.call(all.slice(0, levels), all.slice(levels, levels), all.slice(2 * levels), saved[0],
                                  saved[1], shape[0], shape[1], shape[2], mass_of(saved), shape[3]);
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
  const variable_list clusters =
      Cluster2dFunction::apply(at::TensorList(tensors), ClusterShape{cell, rank, num_levels, num_steps});
  PackedTensors packed(clusters);
  Tensors k_far = packed.next(num_levels), v_far = packed.next(num_levels), far_mass = packed.next(num_levels);
  return {std::move(k_far), std::move(v_far), std::move(far_mass)};
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Autograd, m) { m.impl("cluster2d", cluster2d_autograd); }

}  // namespace multipole

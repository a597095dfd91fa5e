// Autograd of summarize2d and summarize1d: linear in the input and in the basis, so only these are saved.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "backbone/multipole/autograd/autograd_support.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/summarize_args.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class Summarize2dFunction : public torch::autograd::Function<Summarize2dFunction> {
 public:
  // tensors: x, token_basis, merge_basis, and token_mass where it is given
  static variable_list forward(AutogradContext* ctx, at::TensorList tensors, int64_t merges, int64_t cell) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Summarize2dSignature>("summarize2d");
    ctx->save_for_backward(tensors.vec());
    ctx->saved_data["merges"] = merges;
    ctx->saved_data["cell"] = cell;
    return op.call(tensors[0], tensors[1], tensors.slice(2, merges), cell, mass_of(tensors, merges));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_summaries) {
    refuse_second_derivative("summarize2d");
    const variable_list saved = ctx->get_saved_variables();
    const at::TensorList tensors = saved;
    const int64_t merges = ctx->saved_data["merges"].toInt();
    static const auto op = find_operator<Summarize2dBackwardSignature>("_summarize2d_backward");
    variable_list grads = op.call(d_summaries, tensors[0], tensors[1], tensors.slice(2, merges),
                                  ctx->saved_data["cell"].toInt(), mass_of(tensors, merges));
    grads.emplace_back();  // merges and cell have no gradient
    grads.emplace_back();
    return grads;
  }

 private:
  static std::optional<at::Tensor> mass_of(at::TensorList tensors, int64_t merges) {
    const auto last = static_cast<size_t>(merges) + 2;
    return tensors.size() > last ? std::optional(tensors[last]) : std::nullopt;
  }
};

class Summarize1dFunction : public torch::autograd::Function<Summarize1dFunction> {
 public:
  // tensors: x, basis
  static variable_list forward(AutogradContext* ctx, at::TensorList tensors, int64_t group) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Summarize1dSignature>("summarize1d");
    ctx->save_for_backward(tensors.vec());
    ctx->saved_data["group"] = group;
    return op.call(tensors[0], tensors.slice(1), group);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_summaries) {
    refuse_second_derivative("summarize1d");
    const variable_list saved = ctx->get_saved_variables();
    const at::TensorList tensors = saved;
    static const auto op = find_operator<Summarize1dBackwardSignature>("_summarize1d_backward");
    variable_list grads = op.call(d_summaries, tensors[0], tensors.slice(1), ctx->saved_data["group"].toInt());
    grads.emplace_back();  // group has no gradient
    return grads;
  }
};

Tensors summarize2d_autograd(const at::Tensor& x, const at::Tensor& token_basis, at::TensorList merge_basis,
                             int64_t cell, const std::optional<at::Tensor>& token_mass) {
  const Tensors tensors =
      pack(Summarize2dArgs{x, token_basis, merge_basis.vec(), cell, token_mass.value_or(at::Tensor())});
  return Summarize2dFunction::apply(at::TensorList(tensors), static_cast<int64_t>(merge_basis.size()), cell);
}

Tensors summarize1d_autograd(const at::Tensor& x, at::TensorList basis, int64_t group) {
  const Tensors tensors = pack(Summarize1dArgs{x, basis.vec(), group});
  return Summarize1dFunction::apply(at::TensorList(tensors), group);
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Autograd, m) {
  m.impl("summarize2d", summarize2d_autograd);
  m.impl("summarize1d", summarize1d_autograd);
}

}  // namespace multipole

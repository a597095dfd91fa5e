#include "apps/bench/op_calls.h"

#include <ATen/ops/randn_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace multipole {

at::TensorOptions options_of(const OpCase& problem) { return at::TensorOptions(problem.dtype).device(problem.device); }

double streamed_bytes(const OpCase& p, double) {
  const auto tensor = static_cast<double>(p.batch * p.tokens() * p.heads * p.head_dim);
  return 12 * tensor * static_cast<double>(c10::elementSize(p.dtype));
}

Tensors slice(const Tensors& all, size_t first, size_t count) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

OpCalls differentiable(const Attend& attend, Tensors inputs) {
  for (auto& input : inputs) input = input.detach().set_requires_grad(true);
  const at::Tensor d_out = at::randn_like(attend(inputs).detach());
  OpCalls calls;
  calls.forward = [attend, inputs] {
    const torch::NoGradGuard no_grad;
    attend(inputs);
  };
  calls.forward_backward = [attend, inputs, d_out] { torch::autograd::grad({attend(inputs)}, inputs, {d_out}); };
  return calls;
}

}  // namespace multipole

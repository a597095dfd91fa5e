// Autograd of attention1d: saves the inputs, the output and its log-sum-exp; the backward operator does the rest.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "backbone/multipole/attention1d_args.h"
#include "backbone/multipole/autograd/autograd_support.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What a packed list of attention1d's tensors does not say by itself.
struct Attention1dCall {
  int64_t levels, group;
  bool causal;
  std::optional<double> scale;

  Attention1dArgs unpack(PackedTensors& reader) const {
    Attention1dArgs args;
    args.q = reader.next();
    args.k = reader.next();
    args.v = reader.next();
    args.k_far = reader.next(levels);
    args.v_far = reader.next(levels);
    return args;
  }
};

class Attention1dFunction : public torch::autograd::Function<Attention1dFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, at::TensorList tensors, const Attention1dCall& call) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Attention1dSignature>("attention1d");
    PackedTensors reader(tensors);
    const Attention1dArgs args = call.unpack(reader);
    const auto [out, lse] =
        op.call(args.q, args.k, args.v, args.k_far, args.v_far, call.group, call.causal, call.scale);
    variable_list saved = tensors.vec();
    saved.push_back(out);
    saved.push_back(lse);
    ctx->save_for_backward(saved);
    ctx->set_materialize_grads(false);
    ctx->saved_data["levels"] = call.levels;
    ctx->saved_data["group"] = call.group;
    ctx->saved_data["causal"] = call.causal;
    ctx->saved_data["scale"] = call.scale;
    return {out, lse};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_outputs) {
    refuse_second_derivative("attention1d");
    auto& data = ctx->saved_data;
    const Attention1dCall call = {data["levels"].toInt(), data["group"].toInt(), data["causal"].toBool(),
                                  data["scale"].toOptional<double>()};
    const variable_list saved = ctx->get_saved_variables();
    PackedTensors reader(saved);
    const Attention1dArgs args = call.unpack(reader);
    const at::Tensor out = reader.next(), lse = reader.next();
    static const auto op = find_operator<Attention1dBackwardSignature>("_attention1d_backward");
    variable_list grads = op.call(or_zeros(d_outputs[0], out), optional_tensor(d_outputs[1]), out, lse, args.q, args.k,
                                  args.v, args.k_far, args.v_far, call.group, call.causal, call.scale);
    grads.emplace_back();  // the call has no gradient
    return grads;
  }
};

TensorPair attention1d_autograd(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                at::TensorList v_far, int64_t group, bool causal, std::optional<double> scale) {
  TORCH_CHECK(v_far.size() == k_far.size(), "multipole::attention1d: v_far must have as many tensors as k_far, ",
              k_far.size(), ", got ", v_far.size());
  const Attention1dCall call = {static_cast<int64_t>(k_far.size()), group, causal, scale};
  const Attention1dArgs args{q, k, v, k_far.vec(), v_far.vec(), group, causal, 1};
  const variable_list outputs = Attention1dFunction::apply(at::TensorList(pack(args)), call);
  return {outputs[0], outputs[1]};
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Autograd, m) { m.impl("attention1d", attention1d_autograd); }

}  // namespace multipole

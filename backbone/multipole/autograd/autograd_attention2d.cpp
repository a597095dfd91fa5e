// Autograd of attention2d: saves the inputs, the output and its log-sum-exp; the backward operator does the rest.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "backbone/multipole/attention2d_args.h"
#include "backbone/multipole/autograd/autograd_support.h"
#include "backbone/multipole/operators.h"
#include "backbone/multipole/tensor_pack.h"

namespace multipole {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// What a packed list of attention2d's tensors does not say by itself.
struct Attention2dCall {
  int64_t levels;
  bool has_q_far, has_near_bias, has_far_bias, has_extra, has_token_mass, has_far_mass;
  int64_t cell;
  std::optional<double> scale;

  Attention2dArgs unpack(PackedTensors& reader) const {
    Attention2dArgs args;
    args.q = reader.next();
    args.k = reader.next();
    args.v = reader.next();
    args.k_far = reader.next(levels);
    args.v_far = reader.next(levels);
    if (has_q_far) args.q_far = reader.next(levels);
    if (has_near_bias) args.near_bias = reader.next();
    if (has_far_bias) args.far_bias = reader.next(levels);
    if (has_extra) args.k_extra = reader.next();
    if (has_extra) args.v_extra = reader.next();
    if (has_token_mass) args.token_mass = reader.next();
    if (has_far_mass) args.far_mass = reader.next(levels);
    return args;
  }
  std::optional<at::TensorList> q_far(const Attention2dArgs& args) const {
    return optional_list(has_q_far, args.q_far);
  }
  std::optional<at::Tensor> near_bias(const Attention2dArgs& args) const { return optional_tensor(args.near_bias); }
  std::optional<at::TensorList> far_bias(const Attention2dArgs& args) const {
    return optional_list(has_far_bias, args.far_bias);
  }
  std::optional<at::TensorList> far_mass(const Attention2dArgs& args) const {
    return optional_list(has_far_mass, args.far_mass);
  }
};

class Attention2dFunction : public torch::autograd::Function<Attention2dFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, at::TensorList tensors, const Attention2dCall& call) {
    at::AutoDispatchBelowADInplaceOrView guard;
    static const auto op = find_operator<Attention2dSignature>("attention2d");
    PackedTensors reader(tensors);
    const Attention2dArgs args = call.unpack(reader);
    const auto [out, lse] =
        op.call(args.q, args.k, args.v, args.k_far, args.v_far, call.cell, call.q_far(args), call.near_bias(args),
                call.far_bias(args), call.scale, optional_tensor(args.k_extra), optional_tensor(args.v_extra),
                optional_tensor(args.token_mass), call.far_mass(args));
    variable_list saved = tensors.vec();
    saved.push_back(out);
    saved.push_back(lse);
    ctx->save_for_backward(saved);
    ctx->set_materialize_grads(false);
    ctx->saved_data["levels"] = call.levels;
    ctx->saved_data["has_q_far"] = call.has_q_far;
    ctx->saved_data["has_near_bias"] = call.has_near_bias;
    ctx->saved_data["has_far_bias"] = call.has_far_bias;
    ctx->saved_data["has_extra"] = call.has_extra;
    ctx->saved_data["has_token_mass"] = call.has_token_mass;
    ctx->saved_data["has_far_mass"] = call.has_far_mass;
    ctx->saved_data["cell"] = call.cell;
    ctx->saved_data["scale"] = call.scale;
    return {out, lse};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& d_outputs) {
    refuse_second_derivative("attention2d");
    auto& data = ctx->saved_data;
    const Attention2dCall call = {
        data["levels"].toInt(),        data["has_q_far"].toBool(), data["has_near_bias"].toBool(),
        data["has_far_bias"].toBool(), data["has_extra"].toBool(), data["has_token_mass"].toBool(),
        data["has_far_mass"].toBool(), data["cell"].toInt(),       data["scale"].toOptional<double>()};
    const variable_list saved = ctx->get_saved_variables();
    PackedTensors reader(saved);
    const Attention2dArgs args = call.unpack(reader);
    const at::Tensor out = reader.next(), lse = reader.next();
    static const auto op = find_operator<Attention2dBackwardSignature>("_attention2d_backward");
    variable_list grads = op.call(or_zeros(d_outputs[0], out), optional_tensor(d_outputs[1]), out, lse, args.q, args.k,
                                  args.v, args.k_far, args.v_far, call.cell, call.q_far(args), call.near_bias(args),
                                  call.far_bias(args), call.scale, optional_tensor(args.k_extra),
                                  optional_tensor(args.v_extra), optional_tensor(args.token_mass), call.far_mass(args));
    grads.emplace_back();  // the call has no gradient
    return grads;
  }
};

TensorPair attention2d_autograd(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, at::TensorList k_far,
                                at::TensorList v_far, int64_t cell, std::optional<at::TensorList> q_far,
                                const std::optional<at::Tensor>& near_bias, std::optional<at::TensorList> far_bias,
                                std::optional<double> scale, const std::optional<at::Tensor>& k_extra,
                                const std::optional<at::Tensor>& v_extra, const std::optional<at::Tensor>& token_mass,
                                std::optional<at::TensorList> far_mass) {
  const auto size = [](at::TensorList list) { return static_cast<int64_t>(list.size()); };
  const auto given = [](const std::optional<at::Tensor>& tensor) { return tensor.has_value() && tensor->defined(); };
  TORCH_CHECK(given(k_extra) == given(v_extra), "multipole::attention2d: k_extra and v_extra must be given together");
  const Attention2dCall call = {size(k_far),    q_far.has_value(), given(near_bias),     far_bias.has_value(),
                                given(k_extra), given(token_mass), far_mass.has_value(), cell,
                                scale};
  TORCH_CHECK(v_far.size() == k_far.size() && (!call.has_q_far || q_far->size() == k_far.size()) &&
                  (!call.has_far_bias || far_bias->size() == k_far.size()) &&
                  (!call.has_far_mass || far_mass->size() == k_far.size()),
              "multipole::attention2d: v_far, q_far, far_bias and far_mass must have as many tensors as k_far, ",
              k_far.size(), ", got ", v_far.size(), ", ", call.has_q_far ? q_far->size() : 0, ", ",
              call.has_far_bias ? far_bias->size() : 0, " and ", call.has_far_mass ? far_mass->size() : 0);
  Attention2dArgs args{q, k, v, k_far.vec(), v_far.vec(), {}, {}, {}, cell, 1};
  if (call.has_q_far) args.q_far = q_far->vec();
  if (call.has_near_bias) args.near_bias = *near_bias;
  if (call.has_far_bias) args.far_bias = far_bias->vec();
  if (call.has_extra) args.k_extra = *k_extra;
  if (call.has_extra) args.v_extra = *v_extra;
  if (call.has_token_mass) args.token_mass = *token_mass;
  if (call.has_far_mass) args.far_mass = far_mass->vec();
  const variable_list outputs = Attention2dFunction::apply(at::TensorList(pack(args)), call);
  return {outputs[0], outputs[1]};
}

}  // namespace

TORCH_LIBRARY_IMPL(multipole, Autograd, m) { m.impl("attention2d", attention2d_autograd); }

}  // namespace multipole

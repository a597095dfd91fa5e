#include "backbone/layers/packed_weight.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/cpu/Utils.h>
#include <c10/util/string_view.h>

#include <string>

namespace multipole {
namespace {

using Reorder = at::Tensor(const at::Tensor&, std::optional<int64_t>);
using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
                             c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

// The number of tokens that oneDNN chooses the order for. What suits many costs nothing with few (two threads of an AMD
// EPYC with AVX-512, 8 to 5,476 tokens, 384 -> 1,536: within 3% of the best of 1, 64 and 1,576).
constexpr int64_t kTokens = 4096;

// Multiplications below which the plain product is faster in float32 (the same machine, 48 -> 144 and 384 -> 10). In
// bfloat16 it never is: it would convert the weight first.
constexpr int64_t kMinMultiplications = int64_t{1} << 20;

// Looked up once; a LibTorch without oneDNN does not have it.
template <class Signature>
std::optional<c10::TypedOperatorHandle<Signature>> find_operator(const char* name) {
  const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
  if (!found) return std::nullopt;
  return found->typed<Signature>();
}

const std::optional<c10::TypedOperatorHandle<Reorder>>& reorder_operator() {
  static const auto found = find_operator<Reorder>("mkldnn::_reorder_linear_weight");
  return found;
}

const std::optional<c10::TypedOperatorHandle<Pointwise>>& pointwise_operator() {
  static const auto found = find_operator<Pointwise>("mkldnn::_linear_pointwise");
  return found;
}

// On a processor of x86 without AVX-512 oneDNN has no bfloat16, its float32 is no faster than the plain product, and
// its sums depend on the number of threads. Of other architectures nothing is known that speaks against it.
bool suits_processor() {
  static const bool suits = [] {
    const auto capabilities = at::cpu::get_cpu_capabilities();
    const auto avx512 = capabilities.find("avx512_bw");
    return avx512 == capabilities.end() || avx512->second.toBool();
  }();
  return suits;
}

// The name of an activation that oneDNN applies itself, and how.
struct FusedName {
  const char* name;
  const char* algorithm;
};

std::optional<FusedName> fused_name(std::optional<Activation> activation) {
  if (!activation) return FusedName{"none", ""};
  switch (*activation) {
    case Activation::kGelu:
      return FusedName{"gelu", "none"};
    case Activation::kGeluTanh:
      return FusedName{"gelu", "tanh"};
    case Activation::kSilu:
      return FusedName{"swish", ""};
    case Activation::kRelu:
      return FusedName{"relu", ""};
    case Activation::kQuickGelu:
      return std::nullopt;
  }
  return std::nullopt;
}

int64_t version_of(const torch::Tensor& weight) { return weight.is_inference() ? 0 : weight._version(); }

}  // namespace

std::optional<PackedWeight> PackedWeight::of(const torch::Tensor& weight, const torch::Tensor& bias,
                                             torch::ScalarType type) {
  TORCH_CHECK(type == torch::kFloat32 || type == torch::kBFloat16, "PackedWeight: float32 or bfloat16, not ", type);
  if (!weight.is_cpu() || weight.numel() == 0 || !reorder_operator() || !pointwise_operator()) return std::nullopt;
  if (!suits_processor()) return std::nullopt;
  const torch::NoGradGuard no_grad;
  PackedWeight packed;
  packed.packed_ = reorder_operator()->call(weight.detach().to(type).contiguous(), kTokens);
  if (bias.defined()) packed.bias_ = bias.detach().to(type, /*non_blocking=*/false, /*copy=*/true);
  packed.type_ = type;
  packed.out_features_ = weight.size(0);
  packed.source_ = weight.const_data_ptr();
  packed.version_ = version_of(weight);
  return packed;
}

bool PackedWeight::serves(const torch::Tensor& x, const torch::Tensor& weight) const {
  if (torch::GradMode::is_enabled() || !x.is_cpu() || computed_type(x) != type_ || x.numel() == 0) return false;
  if (type_ == torch::kFloat32 && x.numel() * out_features_ < kMinMultiplications) return false;
  return weight.const_data_ptr() == source_ && version_of(weight) == version_;
}

torch::Tensor PackedWeight::product(const torch::Tensor& x, std::optional<Activation> activation) const {
  const auto rows = x.reshape({-1, x.size(-1)}).to(type_).contiguous();
  const auto fused = fused_name(activation);
  const auto attribute = fused.value_or(FusedName{"none", ""});
  auto out = pointwise_operator()->call(rows, packed_, bias_.defined() ? std::optional(bias_) : std::nullopt,
                                        attribute.name, c10::List<std::optional<at::Scalar>>(),
                                        std::optional<std::string_view>(attribute.algorithm));
  if (!fused) out = activate(std::move(out), *activation);
  auto sizes = x.sizes().vec();
  sizes.back() = out_features_;
  return out.view(sizes);
}

}  // namespace multipole

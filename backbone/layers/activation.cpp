#include "backbone/layers/activation.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace multipole {
namespace {

constexpr std::array<std::pair<const char*, Activation>, 5> kActivations = {{{"gelu", Activation::kGelu},
                                                                             {"gelu_tanh", Activation::kGeluTanh},
                                                                             {"quick_gelu", Activation::kQuickGelu},
                                                                             {"silu", Activation::kSilu},
                                                                             {"relu", Activation::kRelu}}};

}  // namespace

Activation activation_from_name(const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [known, activation] : kActivations) {
    if (known == name) return activation;
    names.emplace_back(known);
  }
  throw ConfigError(where + ": unknown activation '" + name + "'" + suggest_name(name, names));
}

torch::Tensor activate(torch::Tensor x, Activation activation) {
  constexpr double kQuickGeluSlope = 1.702;
  const bool in_place = !torch::GradMode::is_enabled();
  switch (activation) {
    case Activation::kGelu:
      return in_place ? torch::gelu_(x) : torch::gelu(x);
    case Activation::kGeluTanh:
      return in_place ? torch::gelu_(x, "tanh") : torch::gelu(x, "tanh");
    case Activation::kQuickGelu:
      return x * torch::sigmoid(x * kQuickGeluSlope);
    case Activation::kSilu:
      return in_place ? torch::silu_(x) : torch::silu(x);
    case Activation::kRelu:
      return in_place ? torch::relu_(x) : torch::relu(x);
  }
  TORCH_CHECK(false, "activate: not an activation");
}

}  // namespace multipole

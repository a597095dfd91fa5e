// The nonlinearity of an MLP, by the names that published configs have.
#pragma once

#include <torch/types.h>

#include <string>

namespace multipole {

enum class Activation { kGelu, kGeluTanh, kQuickGelu, kSilu, kRelu };

// "gelu", "gelu_tanh" (its approximation by a tanh), "quick_gelu" (x sigmoid(1.702 x), OpenAI's CLIP), "silu", "relu".
// Throws ConfigError that begins with `where` and suggests the nearest name.
Activation activation_from_name(const std::string& name, const std::string& where);

// In the memory of `x` where no graph is recorded and the function allows it.
torch::Tensor activate(torch::Tensor x, Activation activation);

}  // namespace multipole

// The two-layer perceptron of a transformer block.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/activation.h"
#include "backbone/layers/linear.h"
#include "backbone/layers/token_conv.h"

namespace multipole {

struct MlpShape {
  int64_t embed_dim = 0;
  int64_t hidden_dim = 0;
  Activation activation = Activation::kGelu;
  // The first layer gives 2 * hidden_dim: the activation of the first half times the second (SwiGLU, Shazeer, arXiv
  // 2002.05202, where the activation is SiLU).
  bool gated = false;
  // A depthwise 3 x 3 convolution before the activation, whose border of zeros tells tokens where they are (Mix-FFN:
  // Xie et al., SegFormer, arXiv 2105.15203, equation 3). Not with a gate.
  bool conv = false;
};

// (..., embed_dim) -> (..., embed_dim): linear, activation, linear, token by token; with the convolution, of tokens
// (B, H, W, embed_dim) only; token_mass (B, H, W) or undefined: what the convolution sees of masked tokens is zero.
class MlpImpl : public torch::nn::Module {
 public:
  explicit MlpImpl(const MlpShape& shape);

  static double count_parameters(const MlpShape& shape);

  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& token_mass = {});

  // Numbers of a token in the widest activation.
  int64_t width() const { return fc1_->weight.size(0); }

  // Whether a token's result depends on that token alone.
  bool is_tokenwise() const { return conv_.is_empty(); }

 private:
  MlpShape shape_;
  Linear fc1_{nullptr}, fc2_{nullptr};
  TokenConv conv_{nullptr};
};
TORCH_MODULE(Mlp);

}  // namespace multipole

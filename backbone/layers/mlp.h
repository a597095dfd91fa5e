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
  // Side of the first layer's kernel: 1 is a linear layer, an odd one above it a convolution that sees its neighbours
  // (fused MBConv: Tan and Le, EfficientNetV2, arXiv 2104.00298, figure 2). Neither with a gate nor with `conv`.
  int64_t kernel = 1;
};

// (..., embed_dim) -> (..., embed_dim): linear, activation, linear, token by token; with a convolution, of tokens
// (B, H, W, embed_dim) only; token_mass (B, H, W) or undefined: what a convolution sees of masked tokens is zero.
class MlpImpl : public torch::nn::Module {
 public:
  explicit MlpImpl(const MlpShape& shape);

  static double count_parameters(const MlpShape& shape);

  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& token_mass = {});

  // Numbers of a token in the widest activation.
  int64_t width() const { return (shape_.gated ? 2 : 1) * shape_.hidden_dim; }

  // Whether a token's result depends on that token alone.
  bool is_tokenwise() const { return !shape_.conv && shape_.kernel == 1; }

 private:
  MlpShape shape_;
  Linear fc1_{nullptr}, fc2_{nullptr};
  TokenConv fc1_conv_{nullptr};  // in place of fc1_, under its name
  TokenConv conv_{nullptr};
};
TORCH_MODULE(Mlp);

}  // namespace multipole

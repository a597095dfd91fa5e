#include "backbone/layers/mlp.h"

#include <utility>

#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

MlpImpl::MlpImpl(const MlpShape& shape) : shape_(shape) {
  TORCH_CHECK(!(shape.gated && shape.conv), "Mlp: a gated one has no convolution");
  fc1_ = register_module("fc1", Linear(shape.embed_dim, (shape.gated ? 2 : 1) * shape.hidden_dim));
  if (shape.conv) {
    const int64_t channels = shape.hidden_dim;
    conv_ = register_module(
        "conv", TokenConv(TokenConvShape{.in_channels = channels, .out_channels = channels, .groups = channels}));
  }
  fc2_ = register_module("fc2", Linear(shape.hidden_dim, shape.embed_dim));
}

double MlpImpl::count_parameters(const MlpShape& shape) {
  return linear_parameters(shape.embed_dim, (shape.gated ? 2 : 1) * shape.hidden_dim) +
         linear_parameters(shape.hidden_dim, shape.embed_dim) +
         (shape.conv ? token_conv_parameters(1, shape.hidden_dim) : 0);
}

torch::Tensor MlpImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mass) {
  if (!shape_.gated && !conv_) return fc2_(fc1_->forward_activated(x, shape_.activation));
  auto hidden = fc1_(x);
  if (conv_) hidden = conv_(zero_masked(std::move(hidden), token_mass));
  if (!shape_.gated) return fc2_(activate(std::move(hidden), shape_.activation));
  const auto halves = hidden.chunk(2, -1);
  return fc2_(activate(halves[0], shape_.activation) * halves[1]);
}

}  // namespace multipole

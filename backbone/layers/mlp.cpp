#include "backbone/layers/mlp.h"

#include <utility>

#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

MlpImpl::MlpImpl(const MlpShape& shape) : shape_(shape) {
  const bool is_fused = shape.kernel > 1;
  TORCH_CHECK(shape.gated + shape.conv + is_fused <= 1, "Mlp: a gate, a convolution and a kernel do not go together");
  if (is_fused) {
    fc1_conv_ = register_module(
        "fc1", TokenConv(TokenConvShape{
                   .in_channels = shape.embed_dim, .out_channels = shape.hidden_dim, .size = shape.kernel}));
  } else {
    fc1_ = register_module("fc1", Linear(shape.embed_dim, width()));
  }
  if (shape.conv) {
    const int64_t channels = shape.hidden_dim;
    conv_ = register_module(
        "conv", TokenConv(TokenConvShape{.in_channels = channels, .out_channels = channels, .groups = channels}));
  }
  fc2_ = register_module("fc2", Linear(shape.hidden_dim, shape.embed_dim));
}

double MlpImpl::count_parameters(const MlpShape& shape) {
  const int64_t inputs = shape.embed_dim * shape.kernel * shape.kernel;
  return linear_parameters(inputs, (shape.gated ? 2 : 1) * shape.hidden_dim) +
         linear_parameters(shape.hidden_dim, shape.embed_dim) +
         (shape.conv ? token_conv_parameters(1, shape.hidden_dim) : 0);
}

torch::Tensor MlpImpl::forward(const torch::Tensor& x, const torch::Tensor& token_mass) {
  if (fc1_conv_) return fc2_(activate(fc1_conv_(zero_masked(x, token_mass)), shape_.activation));
  if (!shape_.gated && !conv_) return fc2_(fc1_->forward_activated(x, shape_.activation));
  auto hidden = fc1_(x);
  if (conv_) hidden = conv_(zero_masked(std::move(hidden), token_mass));
  if (!shape_.gated) return fc2_(activate(std::move(hidden), shape_.activation));
  const auto halves = hidden.chunk(2, -1);
  return fc2_(activate(halves[0], shape_.activation) * halves[1]);
}

}  // namespace multipole

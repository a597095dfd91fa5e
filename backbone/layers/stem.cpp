#include "backbone/layers/stem.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

StemImpl::StemImpl(const StemShape& shape) : stride_(shape.stride) {
  const int64_t hidden_dim = (shape.embed_dim + 1) / 2;
  conv1_ = register_module(
      "conv1", TokenConv(TokenConvShape{
                   .in_channels = shape.in_channels, .out_channels = hidden_dim, .stride = shape.stride > 1 ? 2 : 1}));
  norm1_ = register_module("norm1", make_layer_norm(hidden_dim, shape.norm_eps));
  conv2_ = register_module(
      "conv2", TokenConv(TokenConvShape{
                   .in_channels = hidden_dim, .out_channels = shape.embed_dim, .stride = shape.stride > 2 ? 2 : 1}));
  norm2_ = register_module("norm2", make_layer_norm(shape.embed_dim, shape.norm_eps));
}

torch::Tensor StemImpl::forward(const torch::Tensor& images, const torch::Tensor& validity) {
  const auto mass_at = [&](int64_t stride) {
    return validity.defined() ? coarsen_mass(validity, stride) : torch::Tensor();
  };
  const auto pixels = images.permute({0, 2, 3, 1}).contiguous();
  const auto hidden = zero_masked(torch::gelu(norm1_(conv1_(pixels))), mass_at(stride_ > 1 ? 2 : 1));
  return zero_masked(norm2_(conv2_(hidden)), mass_at(stride_));
}

}  // namespace multipole

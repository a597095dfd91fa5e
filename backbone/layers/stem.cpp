#include "backbone/layers/stem.h"

#include "backbone/layers/layer_norm.h"

namespace multipole {

StemImpl::StemImpl(const StemShape& shape) {
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

torch::Tensor StemImpl::forward(const torch::Tensor& images) {
  const auto pixels = images.permute({0, 2, 3, 1}).contiguous();
  return norm2_(conv2_(torch::gelu(norm1_(conv1_(pixels)))));
}

}  // namespace multipole

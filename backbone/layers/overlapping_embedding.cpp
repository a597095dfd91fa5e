#include "backbone/layers/overlapping_embedding.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

OverlappingEmbeddingImpl::OverlappingEmbeddingImpl(const TokenConvShape& shape, double norm_eps) {
  conv_ = register_module("conv", TokenConv(shape));
  norm_ = register_module("norm", make_layer_norm(shape.out_channels, norm_eps));
}

double OverlappingEmbeddingImpl::count_parameters(const TokenConvShape& shape) {
  return token_conv_parameters(shape.in_channels / shape.groups, shape.out_channels, shape.size) +
         layer_norm_parameters(shape.out_channels);
}

torch::Tensor OverlappingEmbeddingImpl::forward(const torch::Tensor& x) { return norm_(conv_(x)); }

}  // namespace multipole

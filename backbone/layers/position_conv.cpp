#include "backbone/layers/position_conv.h"

#include "backbone/layers/residual.h"

namespace multipole {

PositionConvImpl::PositionConvImpl(int64_t embed_dim) {
  conv_ = register_module(
      "conv", TokenConv(TokenConvShape{.in_channels = embed_dim, .out_channels = embed_dim, .groups = embed_dim}));
}

torch::Tensor PositionConvImpl::forward(const torch::Tensor& x) { return add_branch(x, conv_(x)); }

}  // namespace multipole

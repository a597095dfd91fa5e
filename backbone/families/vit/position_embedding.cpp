#include "backbone/families/vit/position_embedding.h"

#include <torch/nn/functional/upsampling.h>

#include <vector>

#include "backbone/layers/init.h"

namespace multipole {

PositionEmbeddingImpl::PositionEmbeddingImpl(int64_t grid, int64_t embed_dim, PositionResize resize) : resize_(resize) {
  weight_ = register_parameter("weight", trunc_normal_(torch::empty({grid, grid, embed_dim})));
}

torch::Tensor PositionEmbeddingImpl::forward(int64_t height, int64_t width) {
  const auto positions = weight_.unsqueeze(0);
  if (height == weight_.size(0) && width == weight_.size(1)) return positions;
  namespace F = torch::nn::functional;
  const auto resized = F::interpolate(positions.to(torch::kFloat32).permute({0, 3, 1, 2}).contiguous(),
                                      F::InterpolateFuncOptions()
                                          .size(std::vector<int64_t>{height, width})
                                          .mode(torch::kBicubic)
                                          .align_corners(false)
                                          .antialias(resize_ == PositionResize::kBicubicAntialiased));
  return resized.permute({0, 2, 3, 1}).to(weight_.scalar_type());
}

}  // namespace multipole

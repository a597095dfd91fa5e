// Learned positions of a grid, for grids of every size.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

// How positions of another grid are made. Origins differ: timm resizes antialiased, transformers' ViT and DINOv2 do
// not.
enum class PositionResize { kBicubic, kBicubicAntialiased };

class PositionEmbeddingImpl : public torch::nn::Module {
 public:
  // For a grid of `grid` x `grid` tokens; truncated normal of deviation 0.02.
  PositionEmbeddingImpl(int64_t grid, int64_t embed_dim, PositionResize resize);

  // (1, height, width, embed_dim): as they are on the grid they were made for, else resized in float32.
  torch::Tensor forward(int64_t height, int64_t width);

 private:
  PositionResize resize_;
  torch::Tensor weight_;  // (grid, grid, embed_dim)
};
TORCH_MODULE(PositionEmbedding);

}  // namespace multipole

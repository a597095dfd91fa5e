// From pixels to tokens: a linear layer over patches that do not overlap.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

// What becomes of a border narrower than a patch, at the bottom and right.
enum class PartialPatches { kPad, kDrop };

class PatchEmbeddingImpl : public torch::nn::Module {
 public:
  // Uniform within 1 / sqrt(inputs), as torch starts its convolutions.
  PatchEmbeddingImpl(int64_t in_channels, int64_t embed_dim, int64_t patch_size);

  static double count_parameters(int64_t in_channels, int64_t embed_dim, int64_t patch_size);

  // images (B, in_channels, H, W), any H and W from 1 up -> (B, rows, columns, embed_dim). kPad fills partial patches
  // up with zeros; kDrop leaves them out, but for a picture smaller than a patch, which counts as one.
  torch::Tensor forward(const torch::Tensor& images, PartialPatches partial);

  torch::Tensor weight;  // (embed_dim, in_channels, patch_size, patch_size)
  torch::Tensor bias;    // (embed_dim)

 private:
  int64_t patch_size_;
};
TORCH_MODULE(PatchEmbedding);

}  // namespace multipole

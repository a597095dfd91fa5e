// A stem of patches that do not overlap, as Swin has it (Liu et al., arXiv 2103.14030).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/patch_embedding.h"

namespace multipole {

// A linear layer over patches, then layer norm: images (B, in_channels, H, W) -> tokens (B, ceil(H / patch_size),
// ceil(W / patch_size), embed_dim). Patches at the border are filled up with zeros.
class PatchStemImpl : public torch::nn::Module {
 public:
  PatchStemImpl(int64_t in_channels, int64_t embed_dim, int64_t patch_size, double norm_eps);

  static double count_parameters(int64_t in_channels, int64_t embed_dim, int64_t patch_size);

  torch::Tensor forward(const torch::Tensor& images);

 private:
  PatchEmbedding proj_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(PatchStem);

}  // namespace multipole

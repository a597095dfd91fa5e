// Maps of four scales from tokens of one (the simple feature pyramid of Li et al., ViTDet, arXiv 2203.16527): finer
// ones by transposed convolutions, coarser ones by max pooling.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "backbone/families/backbone.h"

namespace multipole {

// The maps of tokens of `patch_size` pixels, finest first: the patch is halved as long as that gives whole pixels, 4 or
// more; then come that stride and the three doubles of it. A finer map has half the channels of the next coarser one.
std::vector<FeatureInfo> feature_pyramid_info(int64_t embed_dim, int64_t patch_size);

// How much tokens count, where not all do in full.
struct FeaturePyramidMasses {
  torch::Tensor tokens;             // (B, h, w), of the grids; undefined otherwise
  std::vector<torch::Tensor> maps;  // of each map; empty otherwise
};

class FeaturePyramidImpl : public torch::nn::Module {
 public:
  FeaturePyramidImpl(int64_t embed_dim, int64_t patch_size, double norm_eps);
  static double count_parameters(int64_t embed_dim, int64_t patch_size);

  // grids: one a map, NCHW (B, embed_dim, h, w) -> the maps, of as many tokens as pictures of height x width pixels
  // have, masked ones zero.
  std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& grids, int64_t height, int64_t width,
                                     const FeaturePyramidMasses& masses = {});

  // FLOPs of one picture with a grid of so many tokens.
  double flops(double tokens) const;

 private:
  int64_t patch_size_;
  std::vector<FeatureInfo> info_;
  torch::nn::ModuleList maps_;
};
TORCH_MODULE(FeaturePyramid);

}  // namespace multipole

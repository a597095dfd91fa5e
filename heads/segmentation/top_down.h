// The top-down path of a feature pyramid network (Lin et al., arXiv 1612.03144): each map is brought to one width, and
// from the coarsest on each is resized and added to the next finer one.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "heads/segmentation/decoder_layers.h"

namespace multipole {

class TopDownImpl : public torch::nn::Module {
 public:
  // in_channels: of the maps, finest first; scales: of each but the coarsest, how many of its tokens lie along one of
  // the next coarser map, or nothing for maps that are stretched (resize_tokens).
  TopDownImpl(const std::vector<int64_t>& in_channels, int64_t channels, std::vector<std::optional<double>> scales);

  static double count_parameters(const std::vector<int64_t>& in_channels, int64_t channels);

  // Tokens (B, h, w, C) finest first -> the same sizes with `channels` channels.
  std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& tokens);

 private:
  std::vector<ConvNorm> laterals_;
  std::vector<std::optional<double>> scales_;
};
TORCH_MODULE(TopDown);

}  // namespace multipole

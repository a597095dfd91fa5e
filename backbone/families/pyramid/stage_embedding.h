// What makes the tokens that a stage works on, as PyramidConfig::embedding says: of the picture's pixels for the first
// stage, of the tokens of the one before for the others.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "backbone/families/pyramid/pyramid_config.h"

namespace multipole {

struct StageEmbedding {
  std::shared_ptr<torch::nn::Module> module;  // to be registered by whoever calls
  // (B, in_channels, H, W) for the first stage, else (B, H, W, embed_dims[stage - 1]) -> (B, h, w, embed_dims[stage])
  // For the first stage also the masses of pixels (B, H, W), or undefined: tokens without any are zero, as those of the
  // other stages have to be, and their border is that of a picture.
  std::function<torch::Tensor(const torch::Tensor& x, const torch::Tensor& validity)> forward;
};

StageEmbedding make_stage_embedding(const PyramidConfig& config, int64_t stage);

double count_stage_embedding_parameters(const PyramidConfig& config, int64_t stage);

}  // namespace multipole

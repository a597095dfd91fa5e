// Layer normalisation of tokens over their channels.
#pragma once

#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

// Normalises the last axis of (..., embed_dim), then scales and shifts each channel.
inline torch::nn::LayerNorm make_layer_norm(int64_t embed_dim, double eps) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({embed_dim}).eps(eps));
}

}  // namespace multipole

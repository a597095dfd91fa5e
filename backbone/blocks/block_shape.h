// What a transformer block is made of, whatever the family that it stands in.
#pragma once

#include <cstdint>
#include <string>

#include "backbone/attention/attention.h"
#include "backbone/layers/activation.h"
#include "base/json.h"

namespace multipole {

struct BlockShape {
  AttentionShape attention_shape;
  Json attention;               // config of the mechanism
  int64_t hidden_dim = 0;       // of the MLP
  double norm_eps = 1e-6;       // of both layer norms
  double layer_scale_init = 0;  // of both branches; 0 leaves layer scale out
  bool position_conv = false;   // a residual depthwise 3 x 3 convolution first
  Activation activation = Activation::kGelu;
  bool gated_mlp = false;  // MlpShape::gated
  bool mlp_conv = false;   // MlpShape::conv
  int64_t mlp_kernel = 1;  // MlpShape::kernel
};

// Parameters of a block of this shape, without making it. Throws ConfigError as make_attention() does.
double count_block_parameters(const BlockShape& shape, const std::string& where);

}  // namespace multipole

// The parameters of layers, counted without making them. Doubles: products of sizes outgrow 64 bits.
#pragma once

#include <cstdint>

namespace multipole {

inline double linear_parameters(int64_t in_features, int64_t out_features, bool with_bias = true) {
  return static_cast<double>(out_features) * (static_cast<double>(in_features) + (with_bias ? 1 : 0));
}

// A convolution (token_conv.h) with `inputs` channels to each output: in_channels / groups.
inline double token_conv_parameters(int64_t inputs, int64_t out_channels, int64_t size = 3) {
  return static_cast<double>(out_channels) * (static_cast<double>(size * size) * static_cast<double>(inputs) + 1);
}

inline double layer_norm_parameters(int64_t channels) { return 2.0 * static_cast<double>(channels); }

}  // namespace multipole

// Layers of segmentation decoders. Tokens are (B, H, W, C) contiguous, which is channels-last NCHW seen from outside.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "backbone/layers/linear.h"
#include "backbone/layers/token_conv.h"

namespace multipole {

// Of every layer norm in a decoder, as in SegFormer's.
inline constexpr double kDecoderNormEps = 1e-6;

// Bilinear, corners not aligned: (B, H, W, C) -> (B, height, width, C). The same tensor where the size is right.
// scale: how many tokens of the result lie along one of `tokens`, from the upper left corner on, and what reaches
// beyond height or width is left out; without one the map is stretched over the result.
torch::Tensor resize_tokens(const torch::Tensor& tokens, int64_t height, int64_t width,
                            std::optional<double> scale = {});
torch::Tensor resize_tokens_like(const torch::Tensor& tokens, const torch::Tensor& other,
                                 std::optional<double> scale = {});

// Convolution of 1 x 1 or 3 x 3, layer norm over the channels, ReLU: (B, H, W, in) -> (B, H, W, out).
class ConvNormImpl : public torch::nn::Module {
 public:
  ConvNormImpl(int64_t in_channels, int64_t out_channels, int64_t size);
  static double count_parameters(int64_t in_channels, int64_t out_channels, int64_t size);
  torch::Tensor forward(const torch::Tensor& tokens);

 private:
  Linear linear_{nullptr};   // of the 1 x 1
  TokenConv conv_{nullptr};  // of the 3 x 3
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(ConvNorm);

}  // namespace multipole

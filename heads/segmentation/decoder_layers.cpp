#include "heads/segmentation/decoder_layers.h"

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/parameter_count.h"

namespace multipole {

torch::Tensor resize_tokens(const torch::Tensor& tokens, int64_t height, int64_t width, std::optional<double> scale) {
  if (scale.value_or(1) == 1 && tokens.size(1) == height && tokens.size(2) == width) return tokens;
  const auto map = tokens.permute({0, 3, 1, 2});
  return torch::upsample_bilinear2d(map, {height, width}, /*align_corners=*/false, scale, scale).permute({0, 2, 3, 1});
}

torch::Tensor resize_tokens_like(const torch::Tensor& tokens, const torch::Tensor& other, std::optional<double> scale) {
  return resize_tokens(tokens, other.size(1), other.size(2), scale);
}

ConvNormImpl::ConvNormImpl(int64_t in_channels, int64_t out_channels, int64_t size) {
  TORCH_CHECK(size == 1 || size == 3, "ConvNorm: the size is 1 or 3, got ", size);
  if (size == 1) {
    linear_ = register_module("linear", Linear(in_channels, out_channels));
  } else {
    conv_ =
        register_module("conv", TokenConv(TokenConvShape{.in_channels = in_channels, .out_channels = out_channels}));
  }
  norm_ = register_module("norm", make_layer_norm(out_channels, kDecoderNormEps));
}

double ConvNormImpl::count_parameters(int64_t in_channels, int64_t out_channels, int64_t size) {
  return layer_norm_parameters(out_channels) +
         (size == 1 ? linear_parameters(in_channels, out_channels) : token_conv_parameters(in_channels, out_channels));
}

torch::Tensor ConvNormImpl::forward(const torch::Tensor& tokens) {
  return torch::relu(norm_(linear_ ? linear_(tokens) : conv_(tokens)));
}

}  // namespace multipole

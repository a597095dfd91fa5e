#include "backbone/attention/mechanisms/convolution.h"

#include <utility>

#include "backbone/layers/parameter_count.h"
#include "backbone/layers/token_mass.h"

namespace multipole {

void ConvolutionConfig::validate(const std::string& where) const {
  require(kernel >= 1 && kernel <= 63 && kernel % 2 == 1, where + ".kernel", "must be odd and from 1 to 63", kernel);
}

Convolution::Convolution(const ConvolutionConfig& config, const AttentionShape& shape)
    : config_(config), shape_(shape) {
  conv_ = register_module("conv", TokenConv(TokenConvShape{.in_channels = shape.embed_dim,
                                                           .out_channels = shape.embed_dim,
                                                           .size = config.kernel,
                                                           .groups = shape.embed_dim}));
}

double Convolution::count_parameters(const ConvolutionConfig& config, const AttentionShape& shape) {
  return token_conv_parameters(1, shape.embed_dim, config.kernel);
}

torch::Tensor Convolution::forward(torch::Tensor x) { return conv_(x); }

torch::Tensor Convolution::forward_masked(torch::Tensor x, const torch::Tensor& token_mass) {
  const auto counted = zero_masked(std::move(x), token_mass);
  return zero_masked(conv_(counted * token_mass.to(counted.scalar_type()).unsqueeze(-1)), token_mass);
}

AttentionCost Convolution::cost(int64_t height, int64_t width) const {
  const auto tokens = static_cast<double>(height * width);
  return depthwise_cost(tokens, tokens, static_cast<double>(config_.kernel * config_.kernel),
                        static_cast<double>(shape_.embed_dim));
}

}  // namespace multipole

#include "backbone/layers/token_conv.h"

#include <torch/utils.h>

#include <cmath>

namespace multipole {

TokenConvImpl::TokenConvImpl(const TokenConvShape& shape) : shape_(shape) {
  const int64_t inputs = shape.in_channels / shape.groups;
  const double bound = 1 / std::sqrt(static_cast<double>(shape.size * shape.size * inputs));
  weight = register_parameter(
      "weight", torch::empty({shape.out_channels, inputs, shape.size, shape.size}, torch::MemoryFormat::ChannelsLast));
  bias = register_parameter("bias", torch::empty({shape.out_channels}));
  torch::NoGradGuard no_grad;
  weight.uniform_(-bound, bound);
  bias.uniform_(-bound, bound);
}

torch::Tensor TokenConvImpl::forward(const torch::Tensor& x) {
  const auto out = torch::conv2d(x.permute({0, 3, 1, 2}), weight, bias, shape_.stride, /*padding=*/shape_.size / 2,
                                 /*dilation=*/1, shape_.groups);
  return out.permute({0, 2, 3, 1}).contiguous();
}

}  // namespace multipole

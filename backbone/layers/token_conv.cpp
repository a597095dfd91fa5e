#include "backbone/layers/token_conv.h"

#include <torch/utils.h>

#include <cmath>

#include "backbone/layers/computed_type.h"

namespace multipole {
namespace {

// oneDNN's strided convolutions in bfloat16 to one column are wrong on processors with AMX (see patch_embedding.cpp).
bool narrows_to_a_column(const torch::Tensor& x, int64_t stride) {
  return stride > 1 && x.size(2) <= stride && x.is_cpu() && computed_type(x) == torch::kBFloat16;
}

}  // namespace

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
  const bool widened = narrows_to_a_column(x, shape_.stride);
  // a second column is computed and let go of: what is appended is zero, as the border is
  const auto input = widened ? torch::constant_pad_nd(x, {0, 0, 0, shape_.stride}) : x;
  auto out = torch::conv2d(input.permute({0, 3, 1, 2}), weight, bias, shape_.stride, /*padding=*/shape_.size / 2,
                           /*dilation=*/1, shape_.groups);
  if (widened) out = out.narrow(3, 0, 1);
  return out.permute({0, 2, 3, 1}).contiguous();
}

}  // namespace multipole

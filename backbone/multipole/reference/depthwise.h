// The depthwise product that every upward pass is made of: summaries of groups of entries, channel by channel.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace multipole::reference {

// entries (N, I, C), weights (p, I, C) -> (N, p, C), the sum over I of entries * weights.
at::Tensor depthwise_sum(const at::Tensor& entries, const at::Tensor& weights);

struct DepthwiseGrads {
  at::Tensor entries, weights;
};

DepthwiseGrads depthwise_sum_backward(const at::Tensor& entries, const at::Tensor& weights, const at::Tensor& d_sum);

}  // namespace multipole::reference

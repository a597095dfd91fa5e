#include "backbone/multipole/reference/depthwise.h"

#include <ATen/ATen.h>

namespace multipole::reference {

at::Tensor depthwise_sum(const at::Tensor& entries, const at::Tensor& weights) {
  // one matrix product a channel: (C, N, I) (C, I, p)
  return at::bmm(entries.permute({2, 0, 1}), weights.permute({2, 1, 0})).permute({1, 2, 0}).contiguous();
}

DepthwiseGrads depthwise_sum_backward(const at::Tensor& entries, const at::Tensor& weights, const at::Tensor& d_sum) {
  const at::Tensor d_by_channel = d_sum.permute({2, 0, 1});
  return {at::bmm(d_by_channel, weights.permute({2, 0, 1})).permute({1, 2, 0}),
          at::bmm(d_by_channel.transpose(1, 2), entries.permute({2, 0, 1})).permute({1, 2, 0})};
}

}  // namespace multipole::reference

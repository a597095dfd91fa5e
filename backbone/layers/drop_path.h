// Stochastic depth: leaves out a residual branch for a random part of the batch (Huang et al., arXiv 1603.09382).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

namespace multipole {

// In training, zeroes each sample (first axis) with probability `rate` and divides the others by 1 - rate, so that the
// mean stays; draws from torch's generator of the tensor's device. In evaluation, the identity.
class DropPathImpl : public torch::nn::Module {
 public:
  // rate in [0, 1).
  explicit DropPathImpl(double rate) : rate_(rate) {}
  torch::Tensor forward(const torch::Tensor& x);

 private:
  double rate_;
};
TORCH_MODULE(DropPath);

}  // namespace multipole

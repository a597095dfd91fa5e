// Layer scale: a learned factor for each channel of a residual branch (Touvron et al., arXiv 2103.17239).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

namespace multipole {

// (..., embed_dim) -> (..., embed_dim): every channel times its factor, which starts at `initial`.
class LayerScaleImpl : public torch::nn::Module {
 public:
  LayerScaleImpl(int64_t embed_dim, double initial);
  torch::Tensor forward(const torch::Tensor& x) { return x * gamma_; }

 private:
  torch::Tensor gamma_;
};
TORCH_MODULE(LayerScale);

}  // namespace multipole

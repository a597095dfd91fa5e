// The stem: from pixels to the tokens of the first stage.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/token_conv.h"

namespace multipole {

struct StemShape {
  int64_t in_channels = 3;
  int64_t embed_dim = 64;
  int64_t stride = 4;  // pixels along each side of a token: 1, 2 or 4
  double norm_eps = 1e-6;
};

// Two overlapping 3 x 3 convolutions, each with layer norm, a GELU between them: images (B, in_channels, H, W) ->
// tokens (B, ceil(H / stride), ceil(W / stride), embed_dim). Overlap makes better tokens than cut patches (Xiao et al.,
// arXiv 2106.14881). With validity (B, H, W), the masses of pixels (token_mass.h), tokens without any are zero, and
// so are the tokens between the convolutions: the border to them is that of a picture.
class StemImpl : public torch::nn::Module {
 public:
  explicit StemImpl(const StemShape& shape);
  torch::Tensor forward(const torch::Tensor& images, const torch::Tensor& validity = {});

 private:
  int64_t stride_;
  TokenConv conv1_{nullptr}, conv2_{nullptr};
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
};
TORCH_MODULE(Stem);

}  // namespace multipole

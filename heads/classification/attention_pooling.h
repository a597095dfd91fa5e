// Pooling by a learned query: each attention head looks over all tokens once and the results are projected together.
// The query is the "class token" of a single cross attention (Touvron et al., CaiT, arXiv 2103.17239, section 3).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <cstdint>

#include "backbone/layers/linear.h"

namespace multipole {

class AttentionPoolingImpl : public torch::nn::Module {
 public:
  // embed_dim must be a multiple of num_heads.
  AttentionPoolingImpl(int64_t embed_dim, int64_t num_heads);

  static double count_parameters(int64_t embed_dim);

  // NCHW map (B, embed_dim, H, W) -> (B, embed_dim); mass (B, H, W): how much the tokens count, undefined for all in
  // full.
  torch::Tensor forward(const torch::Tensor& map, const torch::Tensor& mass = {});

 private:
  int64_t num_heads_;
  torch::Tensor query_;  // (num_heads, head_dim)
  Linear key_{nullptr}, value_{nullptr}, proj_{nullptr};
};
TORCH_MODULE(AttentionPooling);

}  // namespace multipole

// From the tokens of a vision transformer to one vector a picture.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "backbone/families/vit/vit_config.h"
#include "backbone/layers/linear.h"
#include "backbone/layers/mlp.h"

namespace multipole {

// A learned query looks over all tokens once, then an MLP block (Zhai et al., SigLIP, arXiv 2303.15343).
class QueryPoolingImpl : public torch::nn::Module {
 public:
  explicit QueryPoolingImpl(const VitConfig& config);
  static double count_parameters(const VitConfig& config);

  // (B, tokens, embed_dim) -> (B, embed_dim); mass (B, tokens), or undefined
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& mass);

 private:
  int64_t num_heads_;
  torch::Tensor query_;  // (embed_dim)
  Linear q_{nullptr}, kv_{nullptr}, proj_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  Mlp mlp_{nullptr};
};
TORCH_MODULE(QueryPooling);

// Pooling, its norm and the projection, by the config.
class VitPoolingImpl : public torch::nn::Module {
 public:
  explicit VitPoolingImpl(const VitConfig& config);
  static double count_parameters(const VitConfig& config);

  // tokens (B, prefix_tokens + n, embed_dim), normalised -> (B, embedding_dim). token_mass: undefined, or (B, rows,
  // columns) of the n tokens of the grid, of which those without are not pooled.
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& token_mass = {});

 private:
  torch::Tensor pool(const torch::Tensor& tokens, const torch::Tensor& token_mass);

  VitConfig config_;
  QueryPooling attention_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  Linear projection_{nullptr};
};
TORCH_MODULE(VitPooling);

}  // namespace multipole

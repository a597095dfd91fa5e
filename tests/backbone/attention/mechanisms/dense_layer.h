// What mechanisms are compared with: their projections around dense softmax attention, in float64.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "backbone/attention/mechanisms/registry.h"

namespace multipole::test {

inline constexpr double kUnseen = -std::numeric_limits<double>::infinity();

// A mechanism in float64 with random parameters: wide enough that scores differ.
inline std::shared_ptr<Attention> random_attention(const Json& config, const AttentionShape& shape) {
  auto attention = make_attention(config, shape, "test");
  attention->to(torch::kFloat64);
  torch::NoGradGuard no_grad;
  for (auto& parameter : attention->named_parameters()) {
    parameter->add_(torch::randn_like(*parameter) * (parameter->dim() > 1 ? 0.4 : 0.2));
  }
  return attention;
}

inline torch::Tensor parameter_of(const torch::nn::Module& module, const std::string& name) {
  return module.named_parameters()[name].detach();
}

// x (..., in) W^T + b with the parameters <name>.weight and <name>.bias.
inline torch::Tensor apply_linear(const torch::nn::Module& module, const std::string& name, const torch::Tensor& x) {
  return torch::matmul(x, parameter_of(module, name + ".weight").t()) + parameter_of(module, name + ".bias");
}

struct DenseTokens {
  torch::Tensor q, k, v;  // (B, heads, n, head_dim), q with the scale in it
};

inline DenseTokens dense_tokens(const torch::nn::Module& module, const torch::Tensor& x, int64_t heads) {
  const auto qkv = apply_linear(module, "qkv", x.flatten(1, 2)).unflatten(-1, {3, heads, x.size(-1) / heads});
  const auto parts = qkv.permute({2, 0, 3, 1, 4}).unbind(0);
  return {parts[0] / std::sqrt(static_cast<double>(x.size(-1) / heads)), parts[1], parts[2]};
}

// (B, heads, n, head_dim) -> (B, H, W, C), through the output projection.
inline torch::Tensor dense_output(const torch::nn::Module& module, const torch::Tensor& heads,
                                  const torch::Tensor& like) {
  return apply_linear(module, "proj", heads.transpose(1, 2).reshape(like.sizes()));
}

// (heads, n, n), entry by entry from a function of query y, x and key y, x that gives a (heads) tensor.
inline torch::Tensor dense_bias(
    int64_t height, int64_t width, int64_t heads,
    const std::function<torch::Tensor(int64_t qy, int64_t qx, int64_t ky, int64_t kx)>& entry) {
  const int64_t tokens = height * width;
  auto bias = torch::empty({heads, tokens, tokens}, torch::kFloat64);
  for (int64_t i = 0; i < tokens; ++i) {
    for (int64_t j = 0; j < tokens; ++j) {
      bias.select(2, j).select(1, i).copy_(entry(i / width, i % width, j / width, j % width));
    }
  }
  return bias;
}

inline torch::Tensor unseen(int64_t heads) { return torch::full({heads}, kUnseen, torch::kFloat64); }

}  // namespace multipole::test

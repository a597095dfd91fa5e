#include "backbone/layers/linear.h"

#include <torch/nn/functional.h>

#include "backbone/layers/init.h"

namespace multipole {
namespace {

// Fewer tokens than this and a convolution's set-up costs more than it gains.
constexpr int64_t kMinTokensForConvolution = 1024;

// LibTorch hands a 1 x 1 convolution of 16 or more pictures to oneDNN, whatever their size and the number of threads.
constexpr int64_t kPictures = 16;

// oneDNN's 1 x 1 convolution beats the matrix product of MKL on AMD (fp32, 32,768 tokens, two Zen 5 threads: 64 -> 64
// 209 against 136 GFLOP/s forward and 139 against 93 backward).
bool can_run_as_convolution(const torch::Tensor& x, int64_t tokens) {
  const auto type = x.scalar_type();
  return x.device().is_cpu() && (type == torch::kFloat32 || type == torch::kBFloat16) &&
         tokens >= kMinTokensForConvolution && tokens % kPictures == 0;
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const int64_t in_features = x.size(-1), tokens = in_features == 0 ? 0 : x.numel() / in_features;
  if (!can_run_as_convolution(x, tokens)) return torch::nn::functional::linear(x, weight, bias);
  // tokens as the pixels of pictures in channels-last order: both permutations are views
  const auto pictures = x.reshape({kPictures, tokens / kPictures, 1, in_features}).permute({0, 3, 1, 2});
  const auto out = torch::conv2d(pictures, weight.unsqueeze(-1).unsqueeze(-1), bias);
  auto sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  return out.permute({0, 2, 3, 1}).reshape(sizes);
}

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features, bool with_bias) {
  weight = register_parameter("weight", trunc_normal_(torch::empty({out_features, in_features})));
  if (with_bias) bias = register_parameter("bias", torch::zeros({out_features}));
}

}  // namespace multipole

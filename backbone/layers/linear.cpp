#include "backbone/layers/linear.h"

#include <ATen/autocast_mode.h>
#include <torch/nn/functional.h>

#include "backbone/layers/init.h"

namespace multipole {
namespace {

// Fewer tokens than this and a convolution's set-up costs more than it gains.
constexpr int64_t kMinTokensForConvolution = 1024;

// LibTorch hands a 1 x 1 convolution of 16 or more pictures to oneDNN, whatever their size and the number of threads.
constexpr int64_t kPictures = 16;

bool autocasts() { return at::autocast::is_autocast_enabled(at::kCPU); }

// oneDNN's 1 x 1 convolution beats the matrix product of MKL on AMD (fp32, 32,768 tokens, two Zen 5 threads: 64 -> 64
// 209 against 136 GFLOP/s forward and 139 against 93 backward). Where the tokens are no whole number of pictures, it
// does in float32 with tokens of zeros behind them (1,576 tokens, 384 -> 1,536: 14.8 against 27.8 ms with backward), in
// bfloat16 it does not (8.4 against 7.7).
bool can_run_as_convolution(const torch::Tensor& x, int64_t tokens) {
  if (!x.device().is_cpu() || tokens < kMinTokensForConvolution) return false;
  if (x.scalar_type() == torch::kFloat32) return tokens % kPictures == 0 || !autocasts();
  return x.scalar_type() == torch::kBFloat16 && tokens % kPictures == 0;
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const int64_t in_features = x.size(-1), tokens = in_features == 0 ? 0 : x.numel() / in_features;
  if (!can_run_as_convolution(x, tokens)) return torch::nn::functional::linear(x, weight, bias);
  auto rows = x.reshape({tokens, in_features});
  if (const int64_t rest = tokens % kPictures; rest != 0) {
    rows = torch::constant_pad_nd(rows, {0, 0, 0, kPictures - rest});
  }
  // tokens as the pixels of pictures in channels-last order: both permutations are views
  const auto pictures = rows.view({kPictures, rows.size(0) / kPictures, 1, in_features}).permute({0, 3, 1, 2});
  const auto out = torch::conv2d(pictures, weight.unsqueeze(-1).unsqueeze(-1), bias);
  auto sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  return out.permute({0, 2, 3, 1}).reshape({-1, weight.size(0)}).narrow(0, 0, tokens).view(sizes);
}

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features, bool with_bias) {
  weight = register_parameter("weight", trunc_normal_(torch::empty({out_features, in_features})));
  if (with_bias) bias = register_parameter("bias", torch::zeros({out_features}));
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) {
  return packed_ && packed_->serves(x, weight) ? packed_->product(x) : linear(x, weight, bias);
}

torch::Tensor LinearImpl::forward_activated(const torch::Tensor& x, Activation activation) {
  if (packed_ && packed_->serves(x, weight)) return packed_->product(x, activation);
  return activate(linear(x, weight, bias), activation);
}

void pack_linear_layers(const torch::nn::Module& model, torch::ScalarType type) {
  for (const auto& module : model.modules()) {
    if (auto* layer = module->as<LinearImpl>()) layer->pack(type);
  }
}

}  // namespace multipole

#include "backbone/layers/patch_embedding.h"

#include <torch/nn/functional/linear.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "backbone/layers/computed_type.h"

namespace multipole {
namespace {

// Pixels to add along one side; negative ones are cut off.
int64_t missing_pixels(int64_t pixels, int64_t patch_size, PartialPatches partial) {
  const int64_t whole = pixels / patch_size, covering = (pixels + patch_size - 1) / patch_size;
  return (partial == PartialPatches::kPad ? covering : std::max<int64_t>(1, whole)) * patch_size - pixels;
}

// oneDNN's strided convolutions in bfloat16 read memory that nobody wrote on processors with AMX (LibTorch 2.11:
// patches one column wide, and rows of a patch that fill whole tiles, such as 8 channels by 8 pixels), so that numbers
// come out wrong, other ones each time. The product of patches is slower where the convolution is right: 0.3 to 2.8
// times its rate.
bool convolves_right(const torch::Tensor& images, const torch::Tensor& weight) {
  if (!images.is_cpu() || computed_type(images) != torch::kBFloat16) return true;
  constexpr int64_t kTileRow = 32;
  return images.size(3) > weight.size(3) && images.size(1) * weight.size(3) % kTileRow != 0;
}

torch::Tensor product_of_patches(const torch::Tensor& images, const torch::Tensor& weight, const torch::Tensor& bias) {
  const int64_t side = weight.size(3);
  const auto patches = images.unflatten(2, {-1, side}).unflatten(4, {-1, side}).permute({0, 2, 4, 1, 3, 5});
  return torch::nn::functional::linear(patches.flatten(3), weight.flatten(1), bias);
}

}  // namespace

PatchEmbeddingImpl::PatchEmbeddingImpl(int64_t in_channels, int64_t embed_dim, int64_t patch_size)
    : patch_size_(patch_size) {
  weight = register_parameter("weight", torch::empty({embed_dim, in_channels, patch_size, patch_size}));
  bias = register_parameter("bias", torch::empty({embed_dim}));
  const double bound = 1 / std::sqrt(static_cast<double>(in_channels * patch_size * patch_size));
  const torch::NoGradGuard no_grad;
  weight.uniform_(-bound, bound);
  bias.uniform_(-bound, bound);
}

double PatchEmbeddingImpl::count_parameters(int64_t in_channels, int64_t embed_dim, int64_t patch_size) {
  const auto patch = static_cast<double>(patch_size);
  return static_cast<double>(embed_dim) * (static_cast<double>(in_channels) * patch * patch + 1);
}

torch::Tensor PatchEmbeddingImpl::forward(const torch::Tensor& images, PartialPatches partial) {
  const int64_t below = missing_pixels(images.size(2), patch_size_, partial),
                right = missing_pixels(images.size(3), patch_size_, partial);
  const auto whole = below == 0 && right == 0 ? images : torch::constant_pad_nd(images, {0, right, 0, below});
  if (!convolves_right(whole, weight)) return product_of_patches(whole, weight, bias);
  return torch::conv2d(whole, weight, bias, patch_size_).permute({0, 2, 3, 1}).contiguous();
}

}  // namespace multipole

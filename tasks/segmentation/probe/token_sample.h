// The tokens that a segmentation's probe is fitted to: of all pictures, at most so many.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace multipole {

// How many pixels of each class each token of a map covers: mask (H, W) uint8 with 255 ignored -> (h * w, num_classes)
// float32, row by row, h = ceil(H / stride) and w alike. A token sees a square of stride x stride pixels, cut by the
// picture's edge.
torch::Tensor class_pixels(const torch::Tensor& mask, int64_t stride, int64_t num_classes);

struct Tokens {
  torch::Tensor features;  // (N, D) float32
  torch::Tensor targets;   // (N, num_classes) float64: the classes' shares of a token's labelled pixels, 1 together
  torch::Tensor pictures;  // (N) int64, in the order of add(): which one a token is of
};

// A uniform draw without repetition from a stream of unknown length (Vitter, Random Sampling with a Reservoir, 1985):
// each token has a random number by seed, picture and place in it, and those of the smallest ones stay. Holds at most a
// quarter more than it gives.
class TokenSample {
 public:
  TokenSample(int64_t most, uint64_t seed) : most_(most), seed_(seed) {}

  // map (D, h, w) float32 and its class_pixels(). Tokens without a labelled pixel count nothing.
  void add(int64_t picture, const torch::Tensor& map, const torch::Tensor& class_pixels);

  // What stays, in the order of add(); undefined tensors where no token had a labelled pixel.
  Tokens take();

  int64_t num_labelled() const { return num_labelled_; }

 private:
  void shrink();

  // Parts of equal length.
  struct Rows {
    torch::Tensor features, pixels, pictures, numbers;
  };

  int64_t most_;
  uint64_t seed_;
  std::vector<Rows> rows_;
  int64_t num_kept_ = 0, num_labelled_ = 0;
  double limit_ = std::numeric_limits<double>::infinity();  // of the numbers that may still stay
};

}  // namespace multipole

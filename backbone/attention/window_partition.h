// A grid cut into square windows; windows at the border are filled up with tokens that count for nothing.
#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>

namespace multipole {

class WindowPartition {
 public:
  // Windows of size x size tokens over height x width. A shift (of y, of x) above 0 moves the borders of its axis up or
  // left by size - shift tokens, so that the first window keeps `shift` of them: the same groups of tokens as Swin's
  // cyclic shift with its mask (arXiv 2103.14030, section 3.2).
  WindowPartition(int64_t height, int64_t width, int64_t size, const std::array<int64_t, 2>& shifts = {0, 0});

  // Of the grid that is cut.
  int64_t height() const { return height_; }
  int64_t width() const { return width_; }

  int64_t num_windows() const { return windows_y_ * windows_x_; }
  int64_t windows_y() const { return windows_y_; }
  int64_t windows_x() const { return windows_x_; }

  // (B, H, W, ...) -> (B, windows, size * size, ...), windows row by row; the filling is zero.
  torch::Tensor split(const torch::Tensor& x) const;

  // The inverse of split; the filling is dropped.
  torch::Tensor join(const torch::Tensor& windows) const;

  // (windows, size * size): 1 for tokens, 0 for the filling.
  torch::Tensor real_tokens(const torch::TensorOptions& options) const;

  // (windows, size * size): 0 for tokens, -inf for the filling, to be added to scores.
  torch::Tensor key_mask(const torch::TensorOptions& options) const;

 private:
  int64_t height_, width_, size_;
  int64_t before_y_, before_x_;  // filled rows above and columns left
  int64_t windows_y_, windows_x_;
};

}  // namespace multipole

#include "backbone/attention/window_partition.h"

#include <vector>

#include "backbone/attention/softmax_attention.h"

namespace multipole {

WindowPartition::WindowPartition(int64_t height, int64_t width, int64_t size, const std::array<int64_t, 2>& shifts)
    : height_(height), width_(width), size_(size) {
  before_y_ = shifts[0] > 0 ? size - shifts[0] : 0;
  before_x_ = shifts[1] > 0 ? size - shifts[1] : 0;
  windows_y_ = (before_y_ + height + size - 1) / size;
  windows_x_ = (before_x_ + width + size - 1) / size;
}

torch::Tensor WindowPartition::split(const torch::Tensor& x) const {
  const int64_t after_y = windows_y_ * size_ - height_ - before_y_, after_x = windows_x_ * size_ - width_ - before_x_;
  auto filled = x;
  if (before_y_ + before_x_ + after_y + after_x > 0) {
    std::vector<int64_t> pad(2 * (x.dim() - 3), 0);  // from the last axis to W
    pad.insert(pad.end(), {before_x_, after_x, before_y_, after_y});
    filled = torch::constant_pad_nd(x, pad, 0);
  }
  std::vector<int64_t> cut = {x.size(0), windows_y_, size_, windows_x_, size_};
  std::vector<int64_t> sizes = {x.size(0), num_windows(), size_ * size_};
  for (int64_t axis = 3; axis < x.dim(); ++axis) {
    cut.push_back(x.size(axis));
    sizes.push_back(x.size(axis));
  }
  return filled.reshape(cut).transpose(2, 3).reshape(sizes);
}

torch::Tensor WindowPartition::join(const torch::Tensor& windows) const {
  std::vector<int64_t> cut = {windows.size(0), windows_y_, windows_x_, size_, size_};
  std::vector<int64_t> sizes = {windows.size(0), windows_y_ * size_, windows_x_ * size_};
  for (int64_t axis = 3; axis < windows.dim(); ++axis) {
    cut.push_back(windows.size(axis));
    sizes.push_back(windows.size(axis));
  }
  const auto filled = windows.reshape(cut).transpose(2, 3).reshape(sizes);
  return filled.narrow(1, before_y_, height_).narrow(2, before_x_, width_);
}

torch::Tensor WindowPartition::real_tokens(const torch::TensorOptions& options) const {
  return split(torch::ones({1, height_, width_}, options)).squeeze(0);
}

torch::Tensor WindowPartition::key_mask(const torch::TensorOptions& options) const {
  const auto real = real_tokens(options);
  return torch::zeros_like(real).masked_fill_(real.eq(0), kMasked);
}

}  // namespace multipole

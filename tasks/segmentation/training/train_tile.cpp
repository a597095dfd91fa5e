#include "tasks/segmentation/training/train_tile.h"

#include <torch/utils.h>

#include <algorithm>

namespace multipole {

namespace {

constexpr int64_t kSmallestFactor = 2, kLargestFactor = 4;

int64_t draw(int64_t low, int64_t high) { return torch::randint(low, high + 1, {1}, torch::kLong).item<int64_t>(); }

struct Window {
  int64_t begin = 0, size = 0;
};

// Begins at a multiple of `stride` and is `extent / factor` long, a multiple of it where that is not nothing.
Window draw_window(int64_t extent, int64_t factor, int64_t stride) {
  const int64_t size = std::min(extent, std::max<int64_t>(1, extent / factor / stride) * stride);
  return {draw(0, (extent - size) / stride) * stride, size};
}

}  // namespace

TrainTile random_train_tile(VisionModel& model, const torch::Tensor& images, const torch::Tensor& masks) {
  const int64_t factor = draw(kSmallestFactor, kLargestFactor);
  const int64_t stride = model->backbone()->feature_info().back().stride;
  const Window rows = draw_window(images.size(2), factor, stride);
  const Window columns = draw_window(images.size(3), factor, stride);
  return {.images = images.narrow(2, rows.begin, rows.size).narrow(3, columns.begin, columns.size),
          .masks = masks.narrow(1, rows.begin, rows.size).narrow(2, columns.begin, columns.size),
          .origin = {rows.begin, columns.begin},
          .view = coarse_view(model, shrink_by_mean(images, factor), factor)};
}

}  // namespace multipole

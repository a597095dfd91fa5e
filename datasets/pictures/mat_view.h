// Tensors of bytes as OpenCV sees them, for sources that call it: no public interface of the data sets names its types.
#pragma once

#include <torch/types.h>

#include <opencv2/core/mat.hpp>

namespace multipole {

// The same memory: (H, W) or (H, W, C) contiguous uint8. The tensor has to outlive the view.
inline cv::Mat mat_view(const torch::Tensor& picture) {
  TORCH_CHECK(
      (picture.dim() == 2 || picture.dim() == 3) && picture.scalar_type() == torch::kUInt8 && picture.is_contiguous(),
      "mat_view: expected a contiguous (H, W) or (H, W, C) uint8 picture, got ", picture.sizes(), " ",
      picture.scalar_type());
  const int channels = picture.dim() == 3 ? static_cast<int>(picture.size(2)) : 1;
  return {static_cast<int>(picture.size(0)), static_cast<int>(picture.size(1)), CV_8UC(channels), picture.data_ptr()};
}

}  // namespace multipole

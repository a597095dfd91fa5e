// Pictures from OpenCV and for it.
#pragma once

#include <torch/types.h>

#include <opencv2/core/mat.hpp>

namespace multipole {

// A copy as (H, W, 3) uint8 RGB of what OpenCV holds in its own order: CV_8UC3 (BGR), CV_8UC1 (gray) or CV_8UC4 (BGRA,
// laid over white, as files with transparency are). Throws InputError for any other type and for a Mat without pixels.
torch::Tensor rgb_of(const cv::Mat& picture);

// A copy of (H, W) uint8 as CV_8UC1, or of (H, W, 3) uint8 RGB as CV_8UC3 in B, G, R. Throws InputError for another.
cv::Mat mat_of(const torch::Tensor& picture);

}  // namespace multipole

#include "datasets/pictures/mat_picture.h"

#include <limits>
#include <opencv2/core/check.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "datasets/codecs/pixels.h"
#include "datasets/pictures/mat_view.h"
#include "datasets/pictures/rgb_picture.h"

namespace multipole {
namespace {

void lay_over_white(const cv::Mat& bgra, uint8_t* rgb) {
  for (int y = 0; y < bgra.rows; ++y) {
    const auto* pixel = bgra.ptr<uint8_t>(y);
    for (int x = 0; x < bgra.cols; ++x, pixel += 4, rgb += 3) {
      for (int c = 0; c < 3; ++c) rgb[c] = codecs::over_white(pixel[2 - c], pixel[3]);
    }
  }
}

}  // namespace

torch::Tensor rgb_of(const cv::Mat& picture) {
  if (picture.empty() || picture.dims != 2) throw InputError("a cv::Mat without rows and columns is no picture");
  const int type = picture.type();
  if (type != CV_8UC1 && type != CV_8UC3 && type != CV_8UC4) {
    throw InputError("a picture of type " + cv::typeToString(type) +
                     ": expected CV_8UC3 (BGR), CV_8UC1 (gray) or CV_8UC4 (BGRA)");
  }
  torch::Tensor rgb = torch::empty({picture.rows, picture.cols, 3}, torch::kUInt8);
  if (type == CV_8UC4) {
    lay_over_white(picture, rgb.data_ptr<uint8_t>());
  } else {
    cv::Mat view = mat_view(rgb);
    cv::cvtColor(picture, view, type == CV_8UC1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  }
  return rgb;
}

cv::Mat mat_of(const torch::Tensor& picture) {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  if (!picture.defined()) throw InputError("an undefined tensor is no picture");
  const bool is_color = picture.dim() == 3 && picture.size(2) == 3;
  if (picture.scalar_type() != torch::kUInt8 || !(picture.dim() == 2 || is_color) || picture.size(0) > kMost ||
      picture.size(1) > kMost) {
    throw InputError("expected a (H, W) or (H, W, 3) uint8 picture, got " + type_and_shape(picture));
  }
  const torch::Tensor source = picture.to(torch::kCPU).contiguous();
  if (!is_color) return mat_view(source).clone();
  cv::Mat bgr;
  cv::cvtColor(mat_view(source), bgr, cv::COLOR_RGB2BGR);
  return bgr;
}

}  // namespace multipole

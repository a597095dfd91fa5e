#include "datasets/inspection/perceptual_hash.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "datasets/pictures/mat_view.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/pictures/resize.h"

namespace multipole {

namespace {

// Luma steps between the darkest and the lightest thumbnail pixel below which a picture counts as flat.
constexpr double kFlatContrast = 16;

}  // namespace

PictureLook look_of(const torch::Tensor& image) {
  const torch::Tensor small =
      resize(shown_picture(image), PictureLook::kHeight, PictureLook::kWidth, Interpolation::kBilinear);
  PictureLook look;
  std::copy_n(small.data_ptr<uint8_t>(), look.thumbnail.size(), look.thumbnail.begin());
  cv::Mat1b luma;
  cv::cvtColor(mat_view(small), luma, cv::COLOR_RGB2GRAY);
  for (int y = 0; y < luma.rows; ++y) {
    for (int x = 0; x + 1 < luma.cols; ++x) look.hash = look.hash << 1 | (luma(y, x) < luma(y, x + 1) ? 1 : 0);
  }
  double darkest = 0, lightest = 0;
  cv::minMaxIdx(luma, &darkest, &lightest);
  look.is_flat = lightest - darkest < kFlatContrast;
  return look;
}

double thumbnail_difference(const PictureLook& a, const PictureLook& b) {
  return cv::norm(a.thumbnail, b.thumbnail, cv::NORM_L1) / static_cast<double>(a.thumbnail.size());
}

}  // namespace multipole

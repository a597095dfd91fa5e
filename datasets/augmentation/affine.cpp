#include "datasets/augmentation/affine.h"

#include <opencv2/imgproc.hpp>

#include "datasets/pictures/mat_view.h"

namespace multipole {

torch::Tensor warp_affine(const torch::Tensor& image, const AffineMap& map, const FillColor& fill) {
  torch::Tensor out = torch::empty_like(image);
  cv::Mat warped = mat_view(out);
  const double x = static_cast<double>(warped.cols - 1) / 2, y = static_cast<double>(warped.rows - 1) / 2;
  // OpenCV measures from the first pixel, not from the centre (x, y)
  const cv::Matx23d source_of(map.xx, map.xy, map.dx + x - map.xx * x - map.xy * y,  //
                              map.yx, map.yy, map.dy + y - map.yx * x - map.yy * y);
  cv::warpAffine(mat_view(image), warped, source_of, warped.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_CONSTANT, fill.empty() ? cv::Scalar() : cv::Scalar(fill.at(0), fill.at(1), fill.at(2)));
  return out;
}

}  // namespace multipole

#include "datasets/masks/labelled_picture.h"

#include <opencv2/imgproc.hpp>

#include "datasets/masks/label_map.h"
#include "datasets/pictures/mat_view.h"
#include "datasets/pictures/read_picture.h"

namespace multipole {

torch::Tensor labelled_picture(const torch::Tensor& image, const torch::Tensor& labels,
                               std::vector<PaletteColor> palette) {
  palette.resize(256);
  cv::Mat colors;
  cv::applyColorMap(mat_view(labels), colors, cv::Mat(256, 1, CV_8UC3, palette.data()));
  const torch::Tensor shown = shown_picture(image);
  torch::Tensor out = torch::empty_like(shown);
  const cv::Mat mixed = mat_view(out);
  cv::addWeighted(mat_view(shown), 0.5, colors, 0.5, 0.25, mixed);  // a quarter: halves are rounded up, not to even
  mat_view(shown).copyTo(mixed, mat_view(labels) == kIgnoredLabel);
  return out;
}

}  // namespace multipole

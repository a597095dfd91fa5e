// OpenCV's pictures.
#include <utility>

#include "datasets/pictures/mat_picture.h"
#include "engine/runtime/thread_count.h"
#include "tasks/segmentation/prediction/each_picture.h"
#include "tasks/segmentation/prediction/segmenter.h"

namespace multipole {

MatSegmentation Segmenter::predict(const cv::Mat& picture) const {
  Segmentation maps = predict(rgb_of(picture));
  const auto mat = [](const torch::Tensor& map) { return map.defined() ? mat_of(map) : cv::Mat(); };
  return {mat(maps.classes), mat(maps.probability), mat(maps.uncertainty), std::move(maps.run), {}};
}

std::vector<MatSegmentation> Segmenter::predict(std::span<const cv::Mat> pictures) const {
  const auto is_large = [&](size_t i) { return is_large_picture(pictures[i].rows, pictures[i].cols); };
  const ThreadCount threads(num_threads());
  return each_picture<MatSegmentation>(pictures.size(), is_large, most_at_once(device()),
                                       [&](size_t i) { return predict(pictures[i]); });
}

}  // namespace multipole

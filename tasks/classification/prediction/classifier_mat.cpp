// OpenCV's pictures.
#include "datasets/pictures/mat_picture.h"
#include "tasks/classification/prediction/classifier.h"

namespace multipole {

std::vector<ClassPrediction> Classifier::predict(const cv::Mat& picture, const ClassQuestion& question) const {
  return answer_one(rgb_of(picture), question);
}

std::vector<ClassAnswer> Classifier::predict(std::span<const cv::Mat> pictures, const ClassQuestion& question) const {
  return answer_all(
      pictures.size(),
      [&](size_t i) {
        return DecodedImage{rgb_of(pictures[i]), {}};
      },
      question);
}

}  // namespace multipole

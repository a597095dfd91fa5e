// Agreement of label maps, streamed: everything comes from one confusion matrix of pixels, whatever their number.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// Shares are in [0, 1]. A class that is neither labelled nor predicted anywhere has none: NaN, "n/a", and no place in a
// mean. A mean over classes needs two that are labelled: of one alone it is NaN, too, since whoever says that class
// everywhere would score 100%.
class SegmentationMetrics {
 public:
  explicit SegmentationMetrics(int64_t num_classes, int64_t ignored_label = 255);

  // labels and predictions: integer tensors of one shape. Pixels whose label is ignored count for nothing; a prediction
  // outside [0, num_classes) is wrong and stands in the last column of the matrix. Throws c10::Error for other labels.
  void update(const torch::Tensor& predictions, const torch::Tensor& labels);

  // Adds up what several processes counted: `sum` replaces a tensor of int64 by its sum over them.
  void sum_over(const std::function<void(torch::Tensor&)>& sum);

  // Entry [i, j]: pixels of class i that were taken for class j, the last column for no class.
  // (num_classes, num_classes + 1) int64.
  const torch::Tensor& confusion_matrix() const { return confusion_; }

  int64_t pixels() const;
  int64_t num_labelled_classes() const;  // with a labelled pixel
  double pixel_accuracy() const;
  std::vector<double> iou() const;       // TP / (TP + FP + FN)
  std::vector<double> accuracy() const;  // TP / (TP + FN)
  std::vector<double> dice() const;      // 2 TP / (2 TP + FP + FN)
  double mean_iou() const;
  double mean_accuracy() const;
  double mean_dice() const;

  // {"miou", "pixel_accuracy", "mean_accuracy", "mean_dice", "pixels", "per_class": [{"class", "pixels", "iou",
  // "accuracy", "dice"}]}; null for NaN.
  Json to_json(const std::vector<std::string>& class_names) const;

 private:
  struct Counts {
    std::vector<double> labelled, predicted, correct;
  };
  Counts counts() const;
  double mean_over_classes(const std::vector<double>& values) const;

  int64_t num_classes_;
  int64_t ignored_label_;
  torch::Tensor confusion_;
};

// Mean of the values that are not NaN; NaN where there is none.
double mean_of_present(const std::vector<double>& values);

}  // namespace multipole

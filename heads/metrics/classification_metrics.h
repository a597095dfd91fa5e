// Accuracy of a classifier, streamed: memory is one confusion matrix, whatever the number of samples.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

class ClassificationMetrics {
 public:
  explicit ClassificationMetrics(int64_t num_classes);

  // logits (B, num_classes), labels (B) int64 in [0, num_classes). A row with a non-finite logit counts as wrong in
  // top1 and top5 and stands in no column of the confusion matrix.
  void update(const torch::Tensor& logits, const torch::Tensor& labels);

  // Adds up what several processes counted: `sum` replaces a tensor of int64 by its sum over them.
  void sum_over(const std::function<void(torch::Tensor&)>& sum);

  int64_t samples() const { return samples_; }
  // Shares in [0, 1]; NaN before the first sample.
  double top1() const;
  // The label is among the five largest logits (all of them, where there are fewer classes).
  double top5() const;
  // Share of each class's samples that are right; NaN for a class without samples.
  std::vector<double> per_class_accuracy() const;
  // Mean of per_class_accuracy over the classes that have samples; NaN before the first sample.
  double balanced_accuracy() const;
  // Entry [i, j]: samples of class i that were taken for class j. (num_classes, num_classes) int64.
  const torch::Tensor& confusion_matrix() const { return confusion_; }

  // {"samples", "top1", "top5", "balanced_accuracy", "per_class": [{"class", "samples", "accuracy"}],
  // "confusion_matrix"}; null for NaN.
  Json to_json(const std::vector<std::string>& class_names) const;

 private:
  int64_t num_classes_;
  int64_t samples_ = 0;
  int64_t correct_top5_ = 0;
  torch::Tensor confusion_;
  torch::Tensor class_samples_;  // (num_classes) int64
};

}  // namespace multipole

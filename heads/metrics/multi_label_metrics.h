// How good a classifier is that answers each class by itself: average precision and F1.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// Average precision of a ranking: the sum over distinct scores, from the highest down, of (R_k - R_{k-1}) P_k, where
// P_k and R_k are precision and recall when all samples that score at least the k-th value are taken. Samples of equal
// score come together, so that the order of the data is of no account; nothing is interpolated. (The definition of
// scikit-learn's average_precision_score; Manning et al., Introduction to Information Retrieval, 8.4.)
// scores (N) float, truth (N) bool; NaN where no sample is true.
double average_precision(const torch::Tensor& scores, const torch::Tensor& truth);

// Memory is 5 bytes a sample and class: a ranking needs all scores.
class MultiLabelMetrics {
 public:
  // A class counts as answered where its sigmoid is above `threshold`.
  explicit MultiLabelMetrics(int64_t num_classes, double threshold = 0.5);

  // logits (B, num_classes); targets (B, num_classes), above 0.5 for each class that a sample shows. A logit that is
  // not finite ranks last and is no answer.
  void update(const torch::Tensor& logits, const torch::Tensor& targets);

  // Puts together what several processes saw: `sum` replaces a tensor by its sum over them.
  void gather(int64_t process_rank, int64_t num_processes, const std::function<void(torch::Tensor&)>& sum);

  int64_t samples() const { return samples_; }
  // Of each class; NaN for one that no sample shows.
  std::vector<double> average_precisions() const;
  // mAP: their mean over the classes that any sample shows; NaN where there is none.
  double mean_average_precision() const;
  // 2 tp / (2 tp + fp + fn): the mean over the classes that any sample shows, and of all decisions together.
  double macro_f1() const;
  double micro_f1() const;

  // {"samples", "map", "macro_f1", "micro_f1", "threshold", "per_class": [{"class", "samples" (that show it), "ap",
  // "precision", "recall", "f1"}]}; null for NaN.
  Json to_json(const std::vector<std::string>& class_names) const;

 private:
  torch::Tensor scores() const;  // (samples, num_classes) float
  torch::Tensor truth() const;   // (samples, num_classes) uint8

  int64_t num_classes_;
  double threshold_;
  int64_t samples_ = 0;
  std::vector<torch::Tensor> scores_, truth_;           // of each update
  torch::Tensor true_positives_, answers_, positives_;  // (num_classes) int64
};

}  // namespace multipole

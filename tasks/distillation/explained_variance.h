// How much of a teacher's features a student has learned.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "engine/distributed/process_group.h"

namespace multipole {

// The part of the features' variance that is not explained, the mean over the dimensions d of
//   mean_b (student - taught)^2 / (var_b(taught) + epsilon),  epsilon = 1e-4 of the mean variance:
// 0 where they are equal, 1 where the student knows the batch's mean alone. Both (B, D); a scalar, float32. Dimensions
// count alike, however large their numbers are: published features have some of far larger ones than the rest.
torch::Tensor unexplained_variance(const torch::Tensor& student, const torch::Tensor& taught);

// The explained variance, 1 - that, and the mean cosine over many batches, in float64.
class FeatureAgreement {
 public:
  explicit FeatureAgreement(int64_t dims);
  void update(const torch::Tensor& student, const torch::Tensor& taught);
  void sum_over(const ProcessGroup& group);

  int64_t samples() const { return samples_; }
  // NaN before the second sample.
  double explained_variance() const;
  double cosine() const;

 private:
  int64_t samples_ = 0;
  double cosine_sum_ = 0;
  torch::Tensor error_, sum_, square_;  // (D) float64: of squared errors, of the teacher's values and their squares
};

}  // namespace multipole

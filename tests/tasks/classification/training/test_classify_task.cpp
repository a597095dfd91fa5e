#include <gtest/gtest.h>
#include <torch/types.h>

#include <vector>

#include "tasks/classification/training/classify_task.h"

namespace multipole {
namespace {

std::vector<int64_t> labels_of(const std::vector<int64_t>& counts) {
  std::vector<int64_t> labels;
  for (size_t i = 0; i < counts.size(); ++i) labels.insert(labels.end(), counts[i], static_cast<int64_t>(i));
  return labels;
}

TEST(BalancedClassWeights, AreTheReciprocalsOfTheCountsWithAMeanOfOne) {
  const auto weights = balanced_class_weights(labels_of({30, 10, 0, 20}), 4);
  EXPECT_NEAR(weights[1].item<double>() / weights[0].item<double>(), 3, 1e-5);
  EXPECT_NEAR(weights[1].item<double>() / weights[3].item<double>(), 2, 1e-5);
  EXPECT_EQ(weights[2].item<double>(), 0) << "a class without pictures";
  EXPECT_NEAR(weights.sum().item<double>(), 3, 1e-5);
}

TEST(BalancedClassWeights, OnePictureDoesNotOutvoteThousands) {
  std::vector<int64_t> counts(20, 2000);
  counts[7] = 1;
  const auto weights = balanced_class_weights(labels_of(counts), 20);
  EXPECT_NEAR(weights[7].item<double>() / weights[0].item<double>(), kMaxClassWeight, 1e-3);
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>

#include "engine/training/training_cost.h"

namespace multipole {
namespace {

Batch batch_of(int64_t count, int64_t size) {
  Batch batch;
  batch.images = torch::zeros({count, 3, size, size});
  batch.indices.resize(static_cast<size_t>(count));
  return batch;
}

// As many as there are pixels.
double pixels(const TrainedModel&, at::IntArrayRef sizes) {
  return static_cast<double>(sizes[0] * sizes[2] * sizes[3]);
}

TEST(TrainingCostTest, ABackwardPassCountsAsTwoForwardOnes) {
  const std::vector<Batch> window = {batch_of(2, 5), batch_of(3, 7)};
  EXPECT_EQ(step_flops(pixels, nullptr, window, false), 3 * (2 * 25 + 3 * 49));
  EXPECT_EQ(step_flops(pixels, nullptr, window, true), 4 * (2 * 25 + 3 * 49));
}

TEST(TrainingCostTest, BatchesWithoutPicturesCostNothing) {
  EXPECT_EQ(step_flops(pixels, nullptr, {batch_of(0, 0), batch_of(1, 2)}, false), 12);
}

TEST(TrainingCostTest, WhatIsNotCountedIsNotZero) {
  EXPECT_FALSE(step_flops({}, nullptr, {batch_of(2, 5)}, false).has_value());
}

}  // namespace
}  // namespace multipole

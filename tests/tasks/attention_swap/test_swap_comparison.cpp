#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "tasks/attention_swap/swap_comparison.h"

namespace multipole {
namespace {

PictureDifference difference_of(double difference, double reference, double cosine, const torch::Tensor& own,
                                const torch::Tensor& other) {
  PictureDifference one;
  one.tokens = 12;
  one.blocks = {{.name = "blocks.0.attention", .difference = difference, .reference = reference}};
  one.embedding_cosine = cosine;
  one.patch_cosine = torch::full({3, 4}, cosine);
  one.reference_classes = own;
  one.classes = other;
  return one;
}

TEST(SwapComparison, SumsSquaresAndCountsAnswers) {
  SwapComparison comparison(56);
  comparison.add(difference_of(1, 100, 0.9, torch::tensor({{0L, 1L}, {1L, 1L}}), torch::tensor({{0L, 1L}, {0L, 1L}})));
  comparison.add(difference_of(3, 300, 0.8, torch::tensor({{0L, 0L}, {0L, 0L}}), torch::tensor({{0L, 0L}, {0L, 0L}})));
  EXPECT_NEAR(comparison.block_error(), 0.1, 1e-12);
  EXPECT_NEAR(comparison.embedding_cosine(), 0.85, 1e-12);
  EXPECT_NEAR(comparison.patch_cosine(), 0.85, 1e-6);
  EXPECT_NEAR(comparison.agreement(), 7.0 / 8, 1e-12);
  const Json json = comparison.to_json({"ground", "sky", "never"});
  ASSERT_EQ(json["iou"].size(), 2) << "a class in neither map has no overlap";
  EXPECT_NEAR(json["iou"][0]["iou"].get<double>(), 5.0 / 6, 1e-12);
  EXPECT_NEAR(json["iou"][1]["iou"].get<double>(), 2.0 / 3, 1e-12);
}

TEST(SwapComparison, KeepsTheLeastTimeAndTheMostMemory) {
  SwapComparison comparison(56);
  comparison.add_cost({.seconds = 2, .bytes = 10}, {.seconds = 1, .bytes = 5});
  comparison.add_cost({.seconds = 3, .bytes = 20}, {.seconds = 0.5, .bytes = 4});
  EXPECT_EQ(comparison.reference_cost().seconds, 2);
  EXPECT_EQ(comparison.reference_cost().bytes, 20);
  EXPECT_EQ(comparison.swapped_cost().seconds, 0.5);
  EXPECT_EQ(comparison.swapped_cost().bytes, 5);
}

TEST(SwapComparison, SaysNothingOfNothingAndTellsNaN) {
  SwapComparison comparison(56);
  EXPECT_TRUE(std::isnan(comparison.agreement()));
  EXPECT_TRUE(std::isnan(comparison.block_error()));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  comparison.add(difference_of(nan, 1, nan, {}, {}));
  EXPECT_TRUE(std::isnan(comparison.block_error()));
  EXPECT_TRUE(comparison.to_json({})["patch_cosine"].is_null());
}

}  // namespace
}  // namespace multipole

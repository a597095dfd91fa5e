#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/training/lr_range_test.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// 100 rates from 1e-6 to 1; the loss by the logarithm of the rate, base 10.
std::vector<LrRangePoint> points_of(double (*loss)(double)) {
  std::vector<LrRangePoint> points;
  for (int i = 0; i < 100; ++i) {
    const double exponent = -6 + 6.0 * i / 99;
    points.push_back({std::pow(10, exponent), loss(exponent), 0});
  }
  return points;
}

TEST(LrRange, SuggestsWhereTheLossFallsFastest) {
  // flat, a smooth drop around 1e-3, flat, and a rise from 1e-1 on
  const auto range =
      judge_lr_range(points_of([](double x) { return 2 - std::tanh(3 * (x + 3)) + (x > -1 ? 8 * (x + 1) : 0); }));
  // the moving average lags by up to ten steps, that is 0.6 decades
  EXPECT_GT(range.suggested, 1e-3 * 0.9);
  EXPECT_LT(range.suggested, std::pow(10, -2.3));
  EXPECT_GT(range.at_minimum, range.suggested);
  EXPECT_LT(range.at_minimum, 0.5);
  EXPECT_EQ(range.points.size(), 100u);
}

TEST(LrRange, SuggestsNothingWhereTheLossNeverFalls) {
  const auto range = judge_lr_range(points_of([](double x) { return 3 + x / 10; }));
  EXPECT_TRUE(std::isnan(range.suggested));
  EXPECT_TRUE(lr_range_json(range)["suggested"].is_null());
  EXPECT_TRUE(std::isnan(judge_lr_range({}).at_minimum));
}

TEST(LrRange, FirstPointsAreTheirOwnAverage) {
  const double first = test::random_int(1, 100), second = test::random_int(1, 100);
  const auto range = judge_lr_range({{1e-3, first, 0}, {1e-2, second, 0}});
  EXPECT_DOUBLE_EQ(range.points[0].smoothed, first);
  EXPECT_NEAR(range.points[1].smoothed, (0.9 * first + second) / 1.9, 1e-12);
}

}  // namespace
}  // namespace multipole

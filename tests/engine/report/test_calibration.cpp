#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "engine/report/calibration.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(Calibration, BinsHoldEverySampleOnce) {
  const auto probabilities = torch::tensor({{0.92, 0.08}, {0.85, 0.15}, {0.45, 0.55}, {1.0, 0.0}});
  const auto labels = torch::tensor({0, 1, 1, 0}, torch::kLong);
  const auto bins = reliability_bins(probabilities, labels, 10);
  ASSERT_EQ(bins.size(), 10u);
  EXPECT_EQ(bins[8].samples, 1);
  EXPECT_EQ(bins[8].accuracy, 0);
  EXPECT_EQ(bins[5].samples, 1);
  EXPECT_EQ(bins[9].samples, 2);
  EXPECT_NEAR(bins[9].confidence, 0.96, 1e-6);
  EXPECT_NEAR(expected_calibration_error(bins), (2 * 0.04 + 0.85 + 0.45) / 4, 1e-6);
  EXPECT_EQ(expected_calibration_error(reliability_bins(torch::empty({0, 2}), torch::empty({0}, torch::kLong))), 0);
}

TEST(Calibration, FindsTheTemperatureThatLabelsWereDrawnAt) {
  torch::manual_seed(test::test_seed());
  const auto logits = torch::randn({20000, 3}) * 2;
  for (const double temperature : {0.4, 1.0, 3.0}) {
    const auto labels = (logits / temperature).softmax(1).multinomial(1).squeeze(1);
    EXPECT_NEAR(fit_temperature(logits, labels) / temperature, 1, 0.08);
  }
  EXPECT_EQ(fit_temperature(torch::empty({0, 3}), torch::empty({0}, torch::kLong)), 1.0);
}

TEST(Calibration, ATemperatureDoesNotRaiseTheLoss) {
  const int64_t samples = test::random_int(1, 50), classes = test::random_int(2, 6);
  const auto logits = torch::randn({samples, classes}, torch::kDouble) * 5;
  const auto labels = torch::randint(classes, {samples}, torch::kLong);
  const auto loss = [&](double t) {
    return -torch::log_softmax(logits / t, 1).gather(1, labels.unsqueeze(1)).mean().item<double>();
  };
  EXPECT_LE(loss(fit_temperature(logits, labels)), loss(1.0) + 1e-6);
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "backbone/layers/drop_path.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(DropPathTest, IsTheIdentityInEvaluationAndAtRateZero) {
  const auto x = torch::randn({5, 3, 2, 4});
  DropPath dropping(0.7), keeping(0.0);
  dropping->eval();
  EXPECT_TRUE(dropping(x).is_same(x));
  EXPECT_TRUE(keeping(x).is_same(x));
}

TEST(DropPathTest, DropsWholeSamplesAtItsRateAndKeepsTheMean) {
  torch::manual_seed(test::test_seed());
  const int64_t samples = 20000;
  for (const double rate : {0.1, 0.5, 0.9}) {
    DropPath drop_path(rate);
    const auto out = drop_path(torch::ones({samples, 2, 3, 1})).reshape({samples, -1});
    const auto first = out.select(1, 0);
    EXPECT_TRUE(out.eq(first.unsqueeze(1)).all().item<bool>()) << "a sample is dropped as a whole";
    EXPECT_TRUE((first.eq(0) | first.sub(1 / (1 - rate)).abs().lt(1e-5)).all().item<bool>());
    const double dropped = first.eq(0).to(torch::kDouble).mean().item<double>();
    const double deviation = std::sqrt(rate * (1 - rate) / samples);
    EXPECT_NEAR(dropped, rate, 5 * deviation);
    EXPECT_NEAR(first.mean().item<double>(), 1.0, 5 * deviation / (1 - rate));
  }
}

TEST(DropPathTest, RepeatsWithTheSeedAndPassesGradientsOnlyToKeptSamples) {
  DropPath drop_path(0.5);
  torch::manual_seed(3);
  const auto first = drop_path(torch::ones({64, 1}));
  torch::manual_seed(3);
  const auto x = torch::ones({64, 1}, torch::requires_grad());
  const auto second = drop_path(x);
  EXPECT_TRUE(first.equal(second));
  second.sum().backward();
  EXPECT_TRUE(x.grad().equal(second));
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "tasks/distillation/explained_variance.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(UnexplainedVariance, IsZeroForEqualsAndOneForTheMean) {
  torch::manual_seed(test::test_seed());
  const int64_t batch = test::random_int(3, 20), dims = test::random_int(1, 30);
  const auto taught = torch::randn({batch, dims}) * 5 + 3;
  EXPECT_NEAR(unexplained_variance(taught, taught).item<double>(), 0, 1e-6);
  const auto mean = taught.mean(0, true).expand_as(taught);
  EXPECT_NEAR(unexplained_variance(mean, taught).item<double>(), 1, 1e-2);
}

TEST(UnexplainedVariance, CountsDimensionsAlikeWhateverTheirScale) {
  torch::manual_seed(test::test_seed());
  const auto taught = torch::randn({64, 2}, torch::kDouble), error = torch::randn({64, 2}, torch::kDouble) * 0.5;
  const auto scale = torch::tensor({1.0, 30.0}, torch::kDouble);
  const double plain = unexplained_variance(taught + error, taught).item<double>();
  const double scaled = unexplained_variance((taught + error) * scale, taught * scale).item<double>();
  EXPECT_NEAR(plain, scaled, 0.1 * plain);
}

TEST(UnexplainedVariance, OneNumberOfABatchOfOneIsFinite) {
  EXPECT_TRUE(std::isfinite(unexplained_variance(torch::zeros({1, 4}), torch::zeros({1, 4})).item<double>()));
}

TEST(FeatureAgreement, OfManyBatchesIsThatOfAllSamplesTogether) {
  torch::manual_seed(test::test_seed());
  const int64_t dims = test::random_int(1, 20);
  const auto taught = torch::randn({50, dims}) * 2 + 1;
  const auto own = taught + torch::randn({50, dims});
  FeatureAgreement agreement(dims);
  for (int64_t begin = 0; begin < 50; begin += 15) {
    const int64_t length = std::min<int64_t>(15, 50 - begin);
    agreement.update(own.narrow(0, begin, length), taught.narrow(0, begin, length));
  }
  EXPECT_EQ(agreement.samples(), 50);
  EXPECT_NEAR(agreement.explained_variance(), 1 - unexplained_variance(own, taught).item<double>(), 1e-5);
  const auto cosine = torch::cosine_similarity(own, taught).mean().item<double>();
  EXPECT_NEAR(agreement.cosine(), cosine, 1e-5);
}

TEST(FeatureAgreement, SaysNothingOfNoSampleAndNaNOfNaN) {
  torch::manual_seed(test::test_seed());
  FeatureAgreement agreement(3);
  EXPECT_TRUE(std::isnan(agreement.explained_variance()));
  EXPECT_TRUE(std::isnan(agreement.cosine()));
  auto own = torch::randn({4, 3});
  own[1][1] = std::numeric_limits<float>::quiet_NaN();
  agreement.update(own, torch::randn({4, 3}));
  EXPECT_TRUE(std::isnan(agreement.explained_variance()));
}

}  // namespace
}  // namespace multipole

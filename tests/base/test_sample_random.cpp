// The keyed generator: independent of everything but its key, and of the right distributions.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "base/sample_random.h"
#include "datasets/loading/epoch_order.h"

namespace multipole {
namespace {

TEST(SampleRandom, KeysThatDifferInAnyPartGiveOtherNumbers) {
  std::set<uint64_t> first;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (uint64_t epoch = 0; epoch < 10; ++epoch) {
      for (uint64_t index = 0; index < 10; ++index) {
        for (const auto stream : {RandomStream::kAugment, RandomStream::kMix, RandomStream::kDraw}) {
          first.insert(SampleRandom(seed, epoch, index, stream).next());
        }
      }
    }
  }
  EXPECT_EQ(first.size(), 3000u);
  EXPECT_EQ(SampleRandom(1, 2, 3).next(), SampleRandom(1, 2, 3).next());
}

TEST(SampleRandom, DistributionsHaveTheirMoments) {
  constexpr int kCount = 20000;
  SampleRandom random(1, 0, 0);
  double uniform = 0, normal = 0, square = 0, beta = 0, beta_square = 0;
  std::vector<int> counts(7);
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_TRUE(u >= 0.0 && u < 1.0);
    uniform += u;
    const double n = random.normal();
    normal += n;
    square += n * n;
    const double b = random.symmetric_beta(0.4);
    ASSERT_TRUE(b >= 0.0 && b <= 1.0);
    beta += b;
    beta_square += b * b;
    ++counts[random.below(7)];
  }
  EXPECT_NEAR(uniform / kCount, 0.5, 0.01);
  EXPECT_NEAR(normal / kCount, 0.0, 0.03);
  EXPECT_NEAR(square / kCount, 1.0, 0.05);
  EXPECT_NEAR(beta / kCount, 0.5, 0.015);
  // the variance of Beta(a, a) is 1 / (4 (2 a + 1))
  EXPECT_NEAR(beta_square / kCount - 0.25, 1.0 / (4.0 * 1.8), 0.01);
  for (const int count : counts) EXPECT_NEAR(count, kCount / 7, 250);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(std::isfinite(random.symmetric_beta(0.001)));
}

TEST(EpochOrder, IsAPermutationThatDependsOnSeedAndEpoch) {
  const auto order = epoch_order(100, true, 3, 4);
  EXPECT_EQ(std::set(order.begin(), order.end()).size(), 100u);
  EXPECT_EQ(order, epoch_order(100, true, 3, 4));
  EXPECT_NE(order, epoch_order(100, true, 3, 5));
  EXPECT_NE(order, epoch_order(100, true, 4, 4));
  EXPECT_EQ(epoch_order(3, false, 1, 1), (std::vector<int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace multipole

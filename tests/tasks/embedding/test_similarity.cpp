#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "tasks/embedding/similarity.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

double cosine(const torch::Tensor& a, const torch::Tensor& b) {
  const auto x = a.to(torch::kDouble), y = b.to(torch::kDouble);
  return x.dot(y).item<double>() / (x.norm() * y.norm()).item<double>();
}

TEST(NearestNeighbors, AreTheClosestByCosineOfAnyLength) {
  const int64_t count = random_int(3, 40), dim = random_int(2, 20), k = random_int(1, 50);
  const auto vectors = torch::randn({count, dim}), queries = torch::randn({3, dim}) * 100;
  const auto found = nearest_neighbors(queries, vectors, k);
  ASSERT_EQ(found.size(), 3u);
  for (size_t q = 0; q < 3; ++q) {
    ASSERT_EQ(static_cast<int64_t>(found[q].size()), std::min(k, count));
    std::vector<double> all;
    for (int64_t i = 0; i < count; ++i) all.push_back(cosine(queries[static_cast<int64_t>(q)], vectors[i]));
    for (const auto& neighbor : found[q]) {
      EXPECT_NEAR(neighbor.similarity, all[static_cast<size_t>(neighbor.index)], 1e-5);
    }
    std::sort(all.rbegin(), all.rend());
    for (size_t i = 0; i < found[q].size(); ++i) EXPECT_NEAR(found[q][i].similarity, all[i], 1e-5);
  }
}

TEST(NearestNeighbors, OfEqualOnesTheEarlierAndZeroIsFarFromAll) {
  const auto vectors = torch::tensor({{0.0F, 0.0F}, {1.0F, 1.0F}, {2.0F, 2.0F}, {-1.0F, 0.0F}});
  const auto found = nearest_neighbors(torch::tensor({{3.0F, 3.0F}, {0.0F, 0.0F}}), vectors, 4);
  std::vector<int64_t> order;
  for (const auto& neighbor : found[0]) order.push_back(neighbor.index);
  EXPECT_EQ(order, (std::vector<int64_t>{1, 2, 0, 3}));
  EXPECT_NEAR(found[0][0].similarity, 1, 1e-6);
  for (const auto& neighbor : found[1]) EXPECT_EQ(neighbor.similarity, 0);
  EXPECT_TRUE(nearest_neighbors(vectors, torch::empty({0, 2}), 2)[0].empty());
  EXPECT_THROW(nearest_neighbors(vectors, vectors, 0), ConfigError);
}

TEST(SimilarPairs, AreAllAboveTheThresholdAcrossBlocks) {
  // more rows than a block of 1024 has: copies lie at random distances
  const int64_t count = random_int(1030, 1500);
  auto vectors = torch::randn({count, 64});
  const int64_t a = random_int(0, 500), b = random_int(501, 1020), c = random_int(1025, count - 1);
  vectors[b] = vectors[a] * 3;
  vectors[c] = vectors[a] + 0.1 * torch::randn({64});
  const auto pairs = similar_pairs(vectors, 0.9);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].first, a);
  EXPECT_EQ(pairs[0].second, b);
  EXPECT_NEAR(pairs[0].similarity, 1, 1e-5);
  for (size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(pairs[i].second, c);
    EXPECT_NEAR(pairs[i].similarity, cosine(vectors[pairs[i].first], vectors[c]), 1e-5);
    EXPECT_LE(pairs[i].similarity, pairs[i - 1].similarity);
  }
}

TEST(SimilarPairs, EdgesAndThresholdsOutOfRange) {
  const auto vectors = torch::randn({4, 3});
  EXPECT_EQ(similar_pairs(vectors, -1).size(), 6u);
  EXPECT_TRUE(similar_pairs(vectors.slice(0, 0, 1), -1).empty());
  EXPECT_TRUE(similar_pairs(vectors.slice(0, 0, 0), -1).empty());
  for (const double threshold : {-1.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(similar_pairs(vectors, threshold), ConfigError) << threshold;
  }
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/patch_merging.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

torch::Tensor parameter_of(const PatchMerging& merging, const std::string& name) {
  return merging->named_parameters()[name].detach();
}

TEST(PatchMergingTest, JoinsFourNeighboursColumnByColumn) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  PatchMerging merging(3, 5, 1e-5);
  merging->to(torch::kFloat64);
  for (auto& parameter : merging->parameters()) parameter.normal_();
  for (int round = 0; round < 5; ++round) {
    const int64_t height = test::random_int(1, 9), width = test::random_int(1, 9);
    const auto x = torch::randn({2, height, width, 3}, torch::kFloat64);
    const auto actual = merging(x);
    ASSERT_EQ(actual.sizes(), (std::vector<int64_t>{2, (height + 1) / 2, (width + 1) / 2, 5}));
    EXPECT_TRUE(actual.is_contiguous());
    const auto token = [&](int64_t y, int64_t column) {
      return y < height && column < width ? x.select(1, y).select(1, column) : torch::zeros({2, 3}, torch::kFloat64);
    };
    for (int64_t y = 0; y < actual.size(1); ++y) {
      for (int64_t column = 0; column < actual.size(2); ++column) {
        auto joined = torch::cat({token(2 * y, 2 * column), token(2 * y + 1, 2 * column), token(2 * y, 2 * column + 1),
                                  token(2 * y + 1, 2 * column + 1)},
                                 1);
        joined = torch::layer_norm(joined, {12}, parameter_of(merging, "norm.weight"),
                                   parameter_of(merging, "norm.bias"), 1e-5);
        const auto expected = torch::matmul(joined, parameter_of(merging, "reduction.weight").t());
        EXPECT_TRUE(torch::allclose(actual.select(1, y).select(1, column), expected, 1e-9, 1e-10))
            << height << " x " << width << " at " << y << ", " << column;
      }
    }
  }
}

TEST(PatchMergingTest, ParametersAreCountedAsTheyAreMade) {
  int64_t made = 0;
  for (const auto& parameter : PatchMerging(7, 11, 1e-6)->parameters()) made += parameter.numel();
  EXPECT_EQ(PatchMergingImpl::count_parameters(7, 11), made);
}

}  // namespace
}  // namespace multipole

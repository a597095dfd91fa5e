#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/mlp.h"
#include "backbone/layers/residual.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(AddBranchTest, ReusesTheBranchOnlyWhereNoGraphIsRecorded) {
  const auto x = torch::randn({3, 5}), branch = torch::randn({3, 5});
  const auto expected = x + branch;
  EXPECT_TRUE(add_branch(x, branch.clone().requires_grad_()).requires_grad());
  torch::NoGradGuard no_grad;
  const auto given = branch.clone();
  const auto sum = add_branch(x, given);
  EXPECT_TRUE(sum.equal(expected));
  EXPECT_EQ(sum.data_ptr(), given.data_ptr());
}

TEST(AddBranchTest, KeepsTheWiderType) {
  torch::NoGradGuard no_grad;
  const auto x = torch::randn({4, 7}), branch = torch::randn({4, 7}).to(torch::kBFloat16);
  EXPECT_TRUE(add_branch(x, branch.clone()).equal(x + branch));
  EXPECT_TRUE(add_branch(branch, x.clone()).equal(x + branch));
}

// So many features a token that a slice is as short as it gets.
constexpr int64_t kManyFeatures = int64_t{1} << 20;

TEST(AddTokenBranchTest, SlicesGiveTheSumOfTheWhole) {
  torch::manual_seed(test::test_seed());
  const int64_t embed_dim = test::random_int(1, 20), height = test::random_int(40, 70);
  auto norm = make_layer_norm(embed_dim, 1e-6);
  Mlp mlp(MlpShape{.embed_dim = embed_dim, .hidden_dim = 2 * embed_dim});
  const auto branch = [&](const torch::Tensor& tokens) { return mlp(norm(tokens)); };
  const auto x = torch::randn({2, height, 41, embed_dim});
  const auto whole = add_token_branch(x, kManyFeatures, branch);
  EXPECT_TRUE(whole.requires_grad());

  torch::NoGradGuard no_grad;
  int64_t slices = 0;
  const auto given = x.clone();
  const auto sliced = add_token_branch(given, kManyFeatures, [&](const torch::Tensor& tokens) {
    ++slices;
    return branch(tokens);
  });
  EXPECT_GT(slices, 2);
  EXPECT_EQ(sliced.data_ptr(), given.data_ptr());
  EXPECT_TRUE(torch::allclose(sliced, whole, 1e-5, 1e-6));
}

TEST(AddTokenBranchTest, KeepsTheWiderType) {
  torch::NoGradGuard no_grad;
  const auto x = torch::randn({1, 50, 50, 3}).to(torch::kBFloat16);
  const auto branch = [](const torch::Tensor& tokens) { return tokens.to(torch::kFloat32) * 0.3; };
  const auto sum = add_token_branch(x.clone(), kManyFeatures, branch);
  EXPECT_EQ(sum.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(sum.equal(x + branch(x)));
}

}  // namespace
}  // namespace multipole

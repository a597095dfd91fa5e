#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <string>
#include <vector>

#include "backbone/attention/mechanisms/full.h"
#include "backbone/attention/mechanisms/multipole2d.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Copies every parameter that both modules have.
void copy_shared_parameters(const torch::nn::Module& from, const torch::nn::Module& to) {
  torch::NoGradGuard no_grad;
  const auto source = from.named_parameters();
  for (auto& parameter : to.named_parameters()) {
    if (const auto* value = source.find(parameter.key())) parameter->copy_(*value);
  }
}

bool has_parameter(const torch::nn::Module& module, const std::string& name) {
  return module.named_parameters().contains(name);
}

TEST(Multipole2dTest, IsFullAttentionWhereThereIsNoFarLevel) {
  torch::manual_seed(test::test_seed());
  const AttentionShape shape{.embed_dim = 12, .num_heads = 3, .grid_size = 8};
  FullAttention full({}, shape);
  for (const char* variant : {"linear", "log-linear"}) {
    Multipole2dAttention multipole({.variant = variant, .bias = false}, shape);
    copy_shared_parameters(full, multipole);
    const auto x = torch::randn({2, test::random_int(1, 8), test::random_int(1, 8), 12}) * 3;
    EXPECT_TRUE(torch::allclose(multipole.forward(x), full.forward(x), 1e-4, 1e-6)) << variant << x.sizes();
  }
}

TEST(Multipole2dTest, IsFullAttentionWhereAllKeysAreAlike) {
  torch::manual_seed(test::test_seed());
  const AttentionShape shape{.embed_dim = 12, .num_heads = 3, .grid_size = 30};
  FullAttention full({}, shape);
  {
    torch::NoGradGuard no_grad;
    full.named_parameters()["qkv.weight"].slice(0, 12, 24).zero_();
  }
  for (const char* variant : {"linear", "log-linear"}) {
    Multipole2dAttention multipole({.variant = variant, .bias = false}, shape);
    copy_shared_parameters(full, multipole);
    const auto x = torch::randn({2, test::random_int(9, 40), test::random_int(9, 40), 12});
    EXPECT_TRUE(torch::allclose(multipole.forward(x), full.forward(x), 1e-3, 1e-6)) << variant << x.sizes();
  }
}

TEST(Multipole2dTest, HasParametersForTheLevelsOfTheNominalGrid) {
  // cells of 4: grids of 8, 16, 32 and 56 tokens have 0, 1, 2 and 3 far levels
  const std::vector<std::pair<int64_t, int64_t>> levels_of_grid = {{8, 0}, {16, 1}, {32, 2}, {56, 3}};
  for (const auto& [grid_size, levels] : levels_of_grid) {
    Multipole2dAttention attention({}, {.embed_dim = 8, .num_heads = 2, .grid_size = grid_size});
    EXPECT_EQ(has_parameter(attention, "token_basis"), levels > 0);
    EXPECT_TRUE(has_parameter(attention, "near_bias"));
    for (int64_t level = 1; level <= 4; ++level) {
      EXPECT_EQ(has_parameter(attention, "far_bias_" + std::to_string(level)), level <= levels) << grid_size;
      EXPECT_EQ(has_parameter(attention, "merge_basis_" + std::to_string(level)), level < levels) << grid_size;
    }
  }
  Multipole2dAttention set({.bias = false, .max_levels = 2}, {.embed_dim = 8, .num_heads = 2, .grid_size = 8});
  EXPECT_TRUE(has_parameter(set, "merge_basis_1"));
  EXPECT_FALSE(has_parameter(set, "near_bias"));
}

TEST(Multipole2dTest, FurtherLevelsReuseTheLastLevelsParameters) {
  torch::manual_seed(test::test_seed());
  for (const char* variant : {"linear", "log-linear"}) {
    const AttentionShape shape{.embed_dim = 8, .num_heads = 2, .grid_size = 40};
    Multipole2dAttention two({.cell = 2, .variant = variant, .max_levels = 2}, shape);
    Multipole2dAttention four({.cell = 2, .variant = variant, .max_levels = 4}, shape);
    {
      torch::NoGradGuard no_grad;
      for (auto& parameter : two.named_parameters()) parameter->add_(torch::randn_like(*parameter) * 0.1);
    }
    copy_shared_parameters(two, four);
    torch::NoGradGuard no_grad;
    auto parameters = four.named_parameters();
    for (const char* level : {"2", "3"}) {
      parameters["merge_basis_" + std::string(level)].copy_(parameters["merge_basis_1"]);
    }
    for (const char* level : {"3", "4"}) {
      parameters["far_bias_" + std::string(level)].copy_(parameters["far_bias_2"]);
    }
    const auto x = torch::randn({1, 39, 33, 8});
    EXPECT_TRUE(torch::allclose(two.forward(x), four.forward(x), 1e-5, 1e-7)) << variant;
  }
}

// A nominal grid of 16 tokens in cells of 2 has two far levels. Through those a token sees the 3 x 3 cells of 8 tokens
// around its own one.
TEST(Multipole2dTest, ReachesNoFurtherThanTheNominalGridsLevels) {
  torch::manual_seed(test::test_seed());
  constexpr int64_t kSeen = 16;
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2, .grid_size = 16};
  const torch::NoGradGuard no_grad;
  for (const char* variant : {"linear", "log-linear"}) {
    Multipole2dAttention all({.cell = 2, .variant = variant}, shape);
    Multipole2dAttention nominal({.cell = 2, .variant = variant, .reach = "nominal"}, shape);
    EXPECT_FALSE(all.is_bounded());
    EXPECT_TRUE(nominal.is_bounded());
    for (auto& parameter : all.named_parameters()) parameter->add_(torch::randn_like(*parameter) * 0.1);
    copy_shared_parameters(all, nominal);
    const auto small = torch::randn({1, test::random_int(1, 16), test::random_int(1, 16), 8});
    EXPECT_TRUE(nominal.forward(small).equal(all.forward(small))) << variant << small.sizes();

    const auto large = torch::randn({1, test::random_int(33, 70), test::random_int(33, 70), 8});
    auto changed = large.clone();
    changed.slice(1, kSeen).add_(3);
    changed.slice(2, kSeen).add_(3);
    const auto corner = [&](Multipole2dAttention& attention, const torch::Tensor& x) {
      return attention.forward(x).slice(1, 0, 8).slice(2, 0, 8).contiguous();
    };
    EXPECT_TRUE(corner(nominal, large).allclose(corner(nominal, changed), 1e-5, 1e-6)) << variant << large.sizes();
    EXPECT_FALSE(corner(all, large).allclose(corner(all, changed), 1e-5, 1e-6)) << variant << large.sizes();
    const auto seen = large.slice(1, 0, kSeen).slice(2, 0, kSeen).contiguous();
    EXPECT_TRUE(corner(nominal, large).allclose(corner(nominal, seen), 1e-5, 1e-6))
        << "as in a picture of what it sees: " << variant << large.sizes();
    EXPECT_LT(nominal.cost(200, 200).flops, all.cost(200, 200).flops);
  }
}

TEST(Multipole2dTest, PlainMeansStandInWhereThereAreNoParameters) {
  torch::manual_seed(test::test_seed());
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2, .grid_size = 1};
  // bases start as means, so a module that has them agrees with one that lacks them
  Multipole2dAttention none({.bias = false, .max_levels = 0}, shape), one({.bias = false, .max_levels = 1}, shape),
      three({.bias = false, .max_levels = 3}, shape);
  copy_shared_parameters(none, one);
  copy_shared_parameters(none, three);
  const auto x = torch::randn({1, 41, 50, 8});
  const auto expected = three.forward(x);
  EXPECT_TRUE(torch::allclose(none.forward(x), expected, 1e-5, 1e-7));
  EXPECT_TRUE(torch::allclose(one.forward(x), expected, 1e-5, 1e-7));
}

// 8 x 8 tokens in cells of 2: the first token sees 16 near tokens and the 12 other cells of level 1. All scores are
// zero and values pass unchanged, so the answer is the share of the weights on the last cell, the one where x is 1.
TEST(Multipole2dTest, ASummaryWeighsAsManyKeysAsItHasTokensOrOne) {
  const auto x = torch::zeros({1, 8, 8, 4});
  x.slice(1, 6).slice(2, 6).fill_(1);
  for (const char* variant : {"linear", "log-linear"}) {
    for (const bool bias : {false, true}) {
      for (const bool log_mass : {true, false}) {
        Multipole2dAttention attention({.cell = 2, .rank = 1, .variant = variant, .bias = bias, .log_mass = log_mass},
                                       {.embed_dim = 4, .num_heads = 1, .grid_size = 8});
        {
          torch::NoGradGuard no_grad;
          auto parameters = attention.named_parameters();
          for (auto& parameter : parameters) {
            if (parameter.key().find("basis") == std::string::npos) parameter->zero_();
          }
          parameters["qkv.weight"].slice(0, 8).copy_(torch::eye(4));
          parameters["proj.weight"].copy_(torch::eye(4));
        }
        const auto first = attention.forward(x).index({0, 0, 0, 0}).item<double>();
        EXPECT_NEAR(first, log_mass ? 4.0 / 64 : 1.0 / 28, 1e-6) << variant << " bias " << bias;
      }
    }
  }
}

TEST(Multipole2dTest, OutputDropoutActsInTrainingOnly) {
  Multipole2dAttention attention({.proj_drop = 0.5}, {.embed_dim = 8, .num_heads = 2, .grid_size = 4});
  const auto x = torch::randn({4, 4, 4, 8});
  const double dropped = attention.forward(x).eq(0).to(torch::kDouble).mean().item<double>();
  EXPECT_NEAR(dropped, 0.5, 0.15);
  attention.eval();
  EXPECT_TRUE(attention.forward(x).equal(attention.forward(x)));
}

}  // namespace
}  // namespace multipole

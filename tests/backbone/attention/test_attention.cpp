// What every registered mechanism must keep, whatever it computes.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backbone/attention/attention.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr int64_t kEmbedDim = 16, kNumHeads = 4;

// Every type, and the variants of those that have some.
std::vector<Json> attention_configs() {
  std::vector<Json> configs;
  for (const auto& type : attention_types()) configs.push_back({{"type", type}});
  configs.push_back({{"type", "multipole2d"}, {"variant", "log-linear"}, {"cell", 3}, {"rank", 1}});
  configs.push_back({{"type", "multipole2d"}, {"variant", "linear"}, {"cell", 2}, {"bias", false}});
  return configs;
}

std::shared_ptr<Attention> make(const Json& config, int64_t grid_size) {
  return make_attention(config, {.embed_dim = kEmbedDim, .num_heads = kNumHeads, .grid_size = grid_size}, "test");
}

std::vector<std::pair<int64_t, int64_t>> grids() {
  std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {1, 37}, {33, 1}, {19, 23}};
  sizes.emplace_back(test::random_int(1, 30), test::random_int(1, 30));
  return sizes;
}

TEST(AttentionTest, KeepsTheShapeOfAnyGridWhateverTheNominalOne) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const auto& config : attention_configs()) {
    for (const int64_t nominal : {1, 40}) {
      auto attention = make(config, nominal);
      for (const auto& [height, width] : grids()) {
        SCOPED_TRACE(testing::Message() << config << ", nominal " << nominal << ", " << height << " x " << width);
        const auto out = attention->forward(torch::randn({2, height, width, kEmbedDim}));
        EXPECT_EQ(out.sizes(), (std::vector<int64_t>{2, height, width, kEmbedDim}));
        EXPECT_TRUE(out.is_contiguous());
        EXPECT_TRUE(out.isfinite().all().item<bool>());
      }
    }
  }
}

TEST(AttentionTest, ImagesOfABatchAreIndependentAndRunsRepeat) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const auto& config : attention_configs()) {
    auto attention = make(config, 20);
    attention->eval();
    for (const auto& [height, width] : grids()) {
      SCOPED_TRACE(testing::Message() << config << ", " << height << " x " << width);
      const auto x = torch::randn({3, height, width, kEmbedDim});
      const auto together = attention->forward(x);
      EXPECT_TRUE(attention->forward(x).equal(together));
      for (int64_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(torch::allclose(attention->forward(x.slice(0, i, i + 1)), together.slice(0, i, i + 1), 1e-4, 1e-6));
      }
    }
  }
}

TEST(AttentionTest, EveryTokenReachesEveryToken) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : attention_configs()) {
    const int64_t height = test::random_int(12, 20), width = test::random_int(12, 20);
    SCOPED_TRACE(testing::Message() << config << ", " << height << " x " << width);
    auto attention = make(config, 30);
    const auto x = torch::randn({1, height, width, kEmbedDim}, torch::requires_grad());
    const auto corner = attention->forward(x).index({0, 0, 0});
    (corner * torch::randn_like(corner)).sum().backward();
    EXPECT_GT(x.grad().abs().amax(-1).min().item<double>(), 0);
  }
}

TEST(AttentionTest, EveryParameterGetsAFiniteGradientOnTheNominalGrid) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : attention_configs()) {
    for (const int64_t nominal : {7, 18}) {
      SCOPED_TRACE(testing::Message() << config << ", nominal " << nominal);
      auto attention = make(config, nominal);
      // wider weights than the initial ones, so that scores differ and gradients stand clear of rounding
      for (auto& parameter : attention->named_parameters()) {
        torch::NoGradGuard no_grad;
        if (parameter.key().find("weight") != std::string::npos) parameter->normal_(0, 0.3);
      }
      const auto out = attention->forward(torch::randn({1, nominal, nominal, kEmbedDim}));
      (out * torch::randn_like(out)).sum().backward();
      for (const auto& parameter : attention->named_parameters()) {
        ASSERT_TRUE(parameter->grad().defined()) << parameter.key();
        EXPECT_TRUE(parameter->grad().isfinite().all().item<bool>()) << parameter.key();
        EXPECT_GT(parameter->grad().abs().max().item<double>(), 0) << parameter.key();
      }
    }
  }
}

TEST(AttentionTest, NoWeightDecayNamesParameters) {
  for (const auto& config : attention_configs()) {
    auto attention = make(config, 16);
    const auto parameters = attention->named_parameters();
    for (const auto& name : attention->no_weight_decay()) EXPECT_TRUE(parameters.contains(name)) << name;
  }
}

}  // namespace
}  // namespace multipole

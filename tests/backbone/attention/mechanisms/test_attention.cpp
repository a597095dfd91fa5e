// What every registered mechanism must keep, whatever it computes.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
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
  configs.push_back({{"type", "multipole2d"}, {"basis", "direct"}, {"cell", 2}});
  configs.push_back({{"type", "multipole2d"}, {"variant", "log-linear"}, {"summaries", "cluster"}, {"hot", 7}});
  configs.push_back({{"type", "multipole2d"}, {"hot", 5}, {"cell", 3}});
  configs.push_back({{"type", "neighborhood"}, {"kernel", 3}, {"dilation", 3}, {"bias", false}});
  configs.push_back({{"type", "window"}, {"window", 4}, {"padding", "before_shift"}, {"shift_axes", "both"}});
  configs.push_back({{"type", "window"}, {"padding", "after_shift"}, {"shift_axes", "always"}});
  configs.push_back({{"type", "mano"}, {"window", 3}, {"bias", false}});
  configs.push_back({{"type", "quadtree"}, {"levels", 2}, {"top_k", 3}});
  configs.push_back({{"type", "multipole1d"}, {"group", 4}, {"causal", true}});
  configs.push_back({{"type", "full"}, {"causal", true}});
  configs.push_back({{"type", "convolution"}, {"kernel", 3}});
  return configs;
}

// Mechanisms whose tokens see a neighbourhood only.
bool is_local(const Json& config) {
  return config["type"] == "window" || config["type"] == "neighborhood" || config["type"] == "convolution";
}

// Mechanisms without a projection to queries, keys and values.
bool has_no_projection(const Json& config) {
  return config["type"] == "global_filter" || config["type"] == "convolution";
}

// The second block of a stage: the one that shifts its windows and dilates its neighborhoods.
std::shared_ptr<Attention> make(const Json& config, int64_t grid_size) {
  return make_attention(config, {.embed_dim = kEmbedDim, .num_heads = kNumHeads, .grid_size = grid_size, .block = 1},
                        "test");
}

std::vector<std::pair<int64_t, int64_t>> grids() {
  std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {1, 37}, {33, 1}, {19, 23}};
  sizes.emplace_back(test::random_int(1, 30), test::random_int(1, 30));
  return sizes;
}

TEST(AttentionTest, ParametersAreCountedAsTheyAreMade) {
  auto configs = attention_configs();
  configs.push_back({{"type", "multipole2d"}, {"basis", "direct"}, {"cell", 3}, {"max_levels", 3}});
  configs.push_back({{"type", "multipole2d"}, {"max_levels", 0}});
  configs.push_back({{"type", "multipole2d"}, {"qk_norm", true}});
  configs.push_back({{"type", "full"}, {"qk_norm", true}});
  for (auto& config : configs) {
    for (const bool qkv_bias : {true, false}) {
      if (!has_no_projection(config)) config["qkv_bias"] = qkv_bias;
      for (const int64_t nominal : {1, 4, 40}) {
        const AttentionShape shape{.embed_dim = kEmbedDim, .num_heads = kNumHeads, .grid_size = nominal, .block = 1};
        int64_t made = 0;
        for (const auto& parameter : make_attention(config, shape, "test")->parameters()) made += parameter.numel();
        EXPECT_EQ(count_attention_parameters(config, shape, "test"), made) << config << ", nominal " << nominal;
      }
    }
  }
}

TEST(AttentionTest, ResolvedConfigsAreCompleteAndStable) {
  for (const auto& config : attention_configs()) {
    const Json resolved = resolve_attention_config(config, "test");
    for (const auto& [key, value] : config.items()) EXPECT_EQ(resolved[key], value) << config << " " << key;
    EXPECT_EQ(resolve_attention_config(resolved, "test"), resolved);
  }
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

TEST(AttentionTest, EveryTokenReachesEveryTokenUnlessTheMechanismIsLocalOrCausal) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : attention_configs()) {
    if (is_local(config) || make(config, 1)->is_causal()) continue;
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

TEST(AttentionTest, CausalMechanismsDependOnNoLaterToken) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  int64_t num_causal = 0;
  for (const auto& config : attention_configs()) {
    auto attention = make(config, 9);
    if (!attention->is_causal()) continue;
    ++num_causal;
    SCOPED_TRACE(testing::Message() << config);
    const int64_t height = 5, width = 11, first_changed = test::random_int(1, height * width - 1);
    const auto x = torch::randn({1, height, width, kEmbedDim});
    auto changed = x.clone();
    changed.view({1, -1, kEmbedDim}).slice(1, first_changed).normal_();
    const auto before = attention->forward(x).flatten(1, 2), after = attention->forward(changed).flatten(1, 2);
    EXPECT_TRUE(torch::allclose(before.slice(1, 0, first_changed), after.slice(1, 0, first_changed), 1e-4, 1e-6));
    EXPECT_FALSE(torch::allclose(before, after, 1e-4, 1e-6));
  }
  EXPECT_GE(num_causal, 2);
}

TEST(AttentionTest, GradientsAreThoseOfFiniteDifferences) {
  torch::manual_seed(test::test_seed());
  for (const auto& config : attention_configs()) {
    SCOPED_TRACE(testing::Message() << config);
    auto attention =
        test::random_attention(config, {.embed_dim = kEmbedDim, .num_heads = kNumHeads, .grid_size = 11, .block = 1});
    auto x = torch::randn({1, 11, 11, kEmbedDim}, torch::kFloat64).requires_grad_();
    const auto weights = torch::randn(x.sizes(), torch::kFloat64);
    const auto objective = [&] { return (attention->forward(x) * weights).sum(); };
    objective().backward();
    auto leaves = attention->parameters();
    leaves.push_back(x);
    // Short, so that a choice of tokens seldom changes on the way. conv_basis with all its convolutions chooses none,
    // and needs longer steps: its Fourier transforms round relative to the largest weight of a row, and a query may see
    // small ones.
    const double step = config["type"] == "conv_basis" ? 1e-4 : 5e-6;
    for (auto& leaf : leaves) {
      bool jumps = true;  // where a choice does change: another direction then
      for (int attempt = 0; jumps && attempt < 5; ++attempt) {
        const auto direction = torch::randn(leaf.sizes(), torch::kFloat64) / std::sqrt(leaf.numel());
        const double analytic = (leaf.grad() * direction).sum().item<double>();
        torch::NoGradGuard no_grad;
        const auto start = leaf.detach().clone();
        std::vector<double> values, differences;
        for (int steps = -2; steps <= 2; ++steps) {
          leaf.copy_(start + steps * step * direction);
          values.push_back(objective().item<double>());
          if (steps > -2) differences.push_back(values.back() - values[values.size() - 2]);
        }
        leaf.copy_(start);
        const auto [least, most] = std::minmax_element(differences.begin(), differences.end());
        jumps = *most - *least > 0.01 * (step + std::min(std::abs(*least), std::abs(*most)));
        if (jumps) continue;
        const double numeric =
            (8 * (values[3] - values[1]) - (values[4] - values[0])) / (12 * step);  // of fourth order
        EXPECT_NEAR(analytic, numeric, 1e-5 * (1 + std::abs(numeric))) << leaf.sizes();
      }
      EXPECT_FALSE(jumps) << leaf.sizes();
    }
  }
}

TEST(AttentionTest, CostsGrowWithTheGridAndFullAttentionGrowsFastest) {
  const auto full = make({{"type", "full"}}, 32);
  const double full_growth = full->cost(256, 256).flops / full->cost(128, 128).flops;
  for (const auto& config : attention_configs()) {
    SCOPED_TRACE(testing::Message() << config);
    const auto attention = make(config, 32);
    const AttentionCost small = attention->cost(128, 128), large = attention->cost(256, 256);
    EXPECT_GT(attention->cost(1, 1).flops, 0);
    EXPECT_GT(small.bytes, 4.0 * 2 * 128 * 128 * kEmbedDim);  // the map in and the map out, at least
    EXPECT_GT(large.flops, 3.5 * small.flops);
    EXPECT_GT(large.bytes, 3.5 * small.bytes);
    EXPECT_LE(large.flops / small.flops, full_growth * 1.001);
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

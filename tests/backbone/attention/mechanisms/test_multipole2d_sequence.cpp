// multipole2d attention over sequences: prefix tokens, rotary positions, hot tokens, clusters.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "backbone/attention/mechanisms/registry.h"
#include "backbone/layers/rotary.h"
#include "backbone/multipole/basis.h"
#include "backbone/multipole/op.h"
#include "backbone/multipole/quadtree.h"
#include "base/error.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/backbone/attention/mechanisms/sequence_case.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::kSequenceDim;
using test::kSequenceHeadDim;
using test::kSequenceHeads;
using test::random_sequence_case;
using test::SequenceCase;
using torch::Tensor;

// The layer put together by hand, of the operators and plain products.
Tensor by_hand(const SequenceCase& c, const Attention& layer, const Tensor& x, const SequenceGrid& grid) {
  const int64_t cell = c.config["cell"], rank = c.config.value("rank", 4), n = c.height * c.width;
  const int64_t levels = num_far_levels_2d(c.height, c.width, cell);
  // (B, heads, tokens, head_dim)
  auto qkv = test::apply_linear(layer, "qkv", x)
                 .unflatten(-1, {3, kSequenceHeads, kSequenceHeadDim})
                 .permute({2, 0, 3, 1, 4})
                 .unbind(0);
  if (c.qk_norm) {
    for (const size_t i : {0, 1}) {
      const std::string name = i == 0 ? "q_norm" : "k_norm";
      const auto centred = qkv[i] - qkv[i].mean(-1, true);
      qkv[i] = centred / (centred.square().mean(-1, true) + 1e-6).sqrt() * test::parameter_of(layer, name + ".weight") +
               test::parameter_of(layer, name + ".bias");
    }
  }
  if (c.rotary) {
    for (const size_t i : {0, 1}) qkv[i] = apply_rotary(qkv[i], grid.rotary);
  }
  const auto dense = torch::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2]);
  std::vector<Tensor> placed, prefix;
  for (const auto& part : qkv) {
    const auto rows = part.transpose(1, 2);
    prefix.push_back(rows.slice(1, 0, c.prefix));
    placed.push_back(rows.slice(1, c.prefix).reshape({x.size(0), c.height, c.width, kSequenceHeads, kSequenceHeadDim}));
  }
  Tensor k_extra = prefix[1], v_extra = prefix[2],
         mass = torch::ones({x.size(0), c.height, c.width, kSequenceHeads}, x.options());
  if (c.hot > 0) {
    const auto hot =
        take_hot_tokens(placed[1], placed[2], hot_tokens2d(placed[0], placed[1], std::min<int64_t>(c.hot, n)));
    k_extra = torch::cat({k_extra, hot.k_extra}, 1);
    v_extra = torch::cat({v_extra, hot.v_extra}, 1);
    mass = hot.token_mass;
  }
  std::vector<Tensor> k_far, v_far, far_mass;
  if (c.config["summaries"] == "cluster") {
    std::tie(k_far, v_far, far_mass) = cluster2d(placed[1], placed[2], cell, rank, levels, mass);
  } else {
    const auto basis = averaging_basis2d(cell, rank, levels, kSequenceHeadDim, x.options());
    std::vector<std::vector<Tensor>> k_of, v_of;
    for (int64_t head = 0; head < kSequenceHeads; ++head) {  // a head at a time: its tokens' mass is its own
      const auto of_head = [&](const Tensor& t) { return t.select(3, head).contiguous(); };
      k_of.push_back(summarize2d(of_head(placed[1]), basis.token_basis, basis.merge_basis, cell, of_head(mass)));
      v_of.push_back(summarize2d(of_head(placed[2]), basis.token_basis, basis.merge_basis, cell, of_head(mass)));
    }
    for (int64_t level = 0; level < levels; ++level) {
      k_far.push_back(torch::stack({k_of[0][level], k_of[1][level]}, 4));
      v_far.push_back(torch::stack({v_of[0][level], v_of[1][level]}, 4));
    }
  }
  const bool has_extra = k_extra.size(1) > 0;
  const auto out = std::get<0>(attention2d(
      placed[0], placed[1], placed[2], k_far, v_far, cell, std::nullopt, std::nullopt, std::nullopt, std::nullopt,
      has_extra ? std::optional(k_extra) : std::nullopt, has_extra ? std::optional(v_extra) : std::nullopt, mass,
      far_mass.empty() ? std::nullopt : std::optional<torch::TensorList>(far_mass)));
  const auto rows = torch::cat({dense.slice(2, 0, c.prefix).transpose(1, 2), out.flatten(1, 2)}, 1);
  return test::apply_linear(layer, "proj", rows.flatten(2));
}

TEST(Multipole2dSequence, IsTheOperatorsPutTogetherByHandAndSoAreItsGradients) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    for (const bool is_hot : {false, true}) {
      SequenceCase c = random_sequence_case(7, 23, summaries);
      c.config["max_levels"] = 0;  // bases that are means
      c.config["rank"] = test::random_int(0, 1) == 0 ? 1 : 4;
      c.hot = is_hot ? test::random_int(1, 12) : 0;
      c.config["hot"] = c.hot;
      SCOPED_TRACE(testing::Message() << c);
      auto attention = test::random_attention(c.config, c.shape());
      const auto x = c.tokens().requires_grad_(), other = x.detach().clone().requires_grad_();
      const auto grid = c.grid();
      const auto actual = attention->forward_sequence(x, grid), expected = by_hand(c, *attention, other, grid);
      EXPECT_TRUE(torch::allclose(actual, expected, 1e-8, 1e-8));
      const auto weights = torch::randn_like(actual);
      (actual * weights).sum().backward();
      (expected * weights).sum().backward();
      EXPECT_TRUE(torch::allclose(x.grad(), other.grad(), 1e-7, 1e-7));
    }
  }
}

TEST(Multipole2dSequence, GradientsAreThoseOfFiniteDifferences) {
  torch::manual_seed(test::test_seed());
  for (const char* summaries : {"basis", "cluster"}) {
    SequenceCase c = random_sequence_case(1, 1, summaries);
    // whole cells: in one with fewer tokens than clusters, rounding alone says which cluster a token is
    c.height = 3 * test::random_int(3, 5);
    c.width = 3 * test::random_int(3, 5);
    c.prefix = test::random_int(1, 3);
    c.config["hot"] = 5;
    c.config["bias"] = true;
    SCOPED_TRACE(testing::Message() << c);
    auto attention = test::random_attention(c.config, c.shape());
    auto x = c.tokens().requires_grad_();
    const auto grid = c.grid();
    const auto weights = torch::randn_like(x);
    const auto objective = [&] { return (attention->forward_sequence(x, grid) * weights).sum(); };
    objective().backward();
    auto leaves = attention->parameters();
    leaves.push_back(x);
    const auto difference = [&](torch::Tensor& leaf, const Tensor& direction) {
      constexpr double kStep = 1e-6;
      torch::NoGradGuard no_grad;
      leaf.add_(direction, kStep);
      const double above = objective().item<double>();
      leaf.add_(direction, -2 * kStep);
      const double below = objective().item<double>();
      leaf.add_(direction, kStep);
      return (above - below) / (2 * kStep);
    };
    for (auto& leaf : leaves) {
      ASSERT_TRUE(leaf.grad().defined()) << leaf.sizes();
      double analytic = 0, numeric = 0;
      // where a step changes which tokens are hot or together, the objective jumps: another direction then
      for (int attempt = 0; attempt < 3; ++attempt) {
        const auto direction = torch::randn(leaf.sizes(), torch::kFloat64) / std::sqrt(leaf.numel());
        analytic = (leaf.grad() * direction).sum().item<double>();
        numeric = difference(leaf, direction);
        if (std::abs(numeric - analytic) < 100 * (1 + std::abs(analytic))) break;
      }
      EXPECT_NEAR(analytic, numeric, 1e-5 * (1 + std::abs(numeric))) << leaf.sizes();
    }
  }
}

TEST(Multipole2dSequence, BFloat16IsAsNearAsFullAttentionInIt) {
  torch::manual_seed(test::test_seed());
  torch::NoGradGuard no_grad;
  for (const char* summaries : {"basis", "cluster"}) {
    SequenceCase c = random_sequence_case(10, 19, summaries);
    c.rotary = false;
    c.config["hot"] = c.height * c.width;
    SCOPED_TRACE(testing::Message() << c);
    auto attention = test::random_attention(c.config, c.shape());
    attention->to(torch::kBFloat16);
    attention->to(torch::kFloat64);
    auto full = full_of(c, *attention);
    const auto x = c.tokens().to(torch::kBFloat16);
    const auto exact = full->forward_sequence(x.to(torch::kFloat64), c.grid());
    attention->to(torch::kBFloat16);
    full->to(torch::kBFloat16);
    const auto error = [&](const Tensor& out) { return (out.to(torch::kFloat64) - exact).norm().item<double>(); };
    const auto actual = attention->forward_sequence(x, c.grid());
    EXPECT_EQ(actual.scalar_type(), torch::kBFloat16);
    EXPECT_LE(error(actual), 2 * error(full->forward_sequence(x, c.grid())));
  }
}

TEST(Multipole2dSequence, CountsWhatItAddsToTheCost) {
  const auto cost = [](const Json& more, int64_t prefix, int64_t side) {
    Json config = {{"type", "multipole2d"}, {"variant", "log-linear"}, {"cell", 8}, {"bias", false}};
    config.update(more);
    return make_attention(config, {.embed_dim = 32, .num_heads = 4, .grid_size = 16, .prefix_tokens = prefix}, "test")
        ->cost(side, side)
        .flops;
  };
  const double n = 64 * 64, plain = cost(Json::object(), 0, 64);
  EXPECT_EQ(cost({{"hot", 5}}, 0, 64) - plain, 4 * n * 5 * 32 + 2 * 64 * n * 32);
  EXPECT_EQ(cost(Json::object(), 3, 64) - plain, 4 * n * 3 * 32 + 4 * 3 * (3 + n) * 32 + 2 * 3 * 4 * 32 * 32);
  EXPECT_GT(cost({{"summaries", "cluster"}}, 0, 64), plain);
  // no far level: the same as full attention's
  const double full =
      make_attention({{"type", "full"}}, {.embed_dim = 32, .num_heads = 4, .grid_size = 16, .prefix_tokens = 3}, "test")
          ->cost(16, 16)
          .flops;
  EXPECT_EQ(cost({{"hot", 5}, {"summaries", "cluster"}}, 3, 16), full);
  EXPECT_EQ(cost({{"hot", 5}, {"cell", 2}, {"full_up_to", 256}}, 3, 16), full);
}

TEST(Multipole2dSequence, RefusesClustersOfKeysWhereQueriesAreSummarised) {
  const AttentionShape shape{.embed_dim = 8, .num_heads = 2};
  const auto message = [&](const Json& config) -> std::string {
    try {
      make_attention(config, shape, "here");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{"type", "multipole2d"}, {"summaries", "cluster"}}),
            "here.summaries: clusters of keys say nothing of where queries lie, so that they need \"variant\": "
            "\"log-linear\", got \"cluster\"");
  EXPECT_EQ(
      message({{"type", "multipole2d"}, {"summaries", "cluster"}, {"variant", "log-linear"}, {"log_mass", false}}),
      "here.log_mass: must be true where summaries are clusters, got false");
  EXPECT_EQ(message({{"type", "multipole2d"}, {"hot", -1}}), "here.hot: must be from 0 to 65536 tokens, got -1");
  EXPECT_EQ(message({{"type", "multipole2d"}, {"full_up_to", 9}}),
            "here.full_up_to: must be 0 with a bias, whose tables end where the far field does, got 9");
  EXPECT_EQ(message({{"type", "multipole2d"}, {"summaries", "means"}}),
            "here.summaries: must be 'basis' or 'cluster', got \"means\"");
}

}  // namespace
}  // namespace multipole

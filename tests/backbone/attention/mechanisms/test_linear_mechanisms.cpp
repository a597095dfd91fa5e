// Kernelised, spatially reduced and Fourier attention against their definitions.
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::apply_linear;
using test::dense_output;
using test::dense_tokens;
using test::parameter_of;

constexpr int64_t kLinearHeads = 2, kLinearDim = 6;

TEST(LinearAttentionTest, WeighsKeysByTheKernel) {
  torch::manual_seed(test::test_seed());
  const auto attention =
      test::random_attention({{"type", "linear"}}, {.embed_dim = kLinearDim, .num_heads = kLinearHeads});
  const auto x = torch::randn({2, test::random_int(1, 9), test::random_int(1, 9), kLinearDim}, torch::kFloat64);
  const auto tokens = dense_tokens(*attention, x, kLinearHeads);
  const double scale = std::sqrt(static_cast<double>(kLinearDim / kLinearHeads));  // the kernel takes unscaled queries
  const auto weights = torch::matmul(torch::elu(tokens.q * scale) + 1, (torch::elu(tokens.k) + 1).transpose(-1, -2));
  const auto expected = dense_output(*attention, torch::matmul(weights / weights.sum(-1, true), tokens.v), x);
  EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-9, 1e-10)) << x.sizes();
}

TEST(PvtTest, QueriesAConvolvedGrid) {
  torch::manual_seed(test::test_seed());
  for (const int64_t reduction : {1, 2, 3}) {
    const auto attention = test::random_attention({{"type", "pvt"}, {"reduction", reduction}},
                                                  {.embed_dim = kLinearDim, .num_heads = kLinearHeads});
    const int64_t height = test::random_int(1, 9), width = test::random_int(1, 9);
    const auto x = torch::randn({2, height, width, kLinearDim}, torch::kFloat64);
    auto reduced = x.flatten(1, 2);
    if (reduction > 1) {
      const auto fill = [&](int64_t size) { return (reduction - size % reduction) % reduction; };
      const auto filled = torch::constant_pad_nd(x.permute({0, 3, 1, 2}), {0, fill(width), 0, fill(height)}, 0);
      const auto weight =
          parameter_of(*attention, "reduce.weight").view({kLinearDim, reduction, reduction, kLinearDim});
      const auto convolved =
          torch::conv2d(filled, weight.permute({0, 3, 1, 2}), parameter_of(*attention, "reduce.bias"), reduction);
      reduced = torch::layer_norm(convolved.flatten(2).transpose(1, 2), {kLinearDim},
                                  parameter_of(*attention, "norm.weight"), parameter_of(*attention, "norm.bias"), 1e-6);
    }
    const int64_t head_dim = kLinearDim / kLinearHeads;
    const auto q =
        apply_linear(*attention, "q", x.flatten(1, 2)).unflatten(-1, {kLinearHeads, head_dim}).transpose(1, 2);
    const auto kv =
        apply_linear(*attention, "kv", reduced).unflatten(-1, {2, kLinearHeads, head_dim}).permute({2, 0, 3, 1, 4});
    const auto scores = torch::matmul(q, kv[0].transpose(-1, -2)) / std::sqrt(static_cast<double>(head_dim));
    const auto expected = dense_output(*attention, torch::matmul(torch::softmax(scores, -1), kv[1]), x);
    EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-8, 1e-9))
        << x.sizes() << ", reduction " << reduction;
  }
}

// The same grid with its ragged border cut off has the same keys.
TEST(PvtTest, DroppedPatchesAreNoKeys) {
  torch::manual_seed(test::test_seed());
  for (const int64_t reduction : {2, 3, 4}) {
    Json config = {{"type", "pvt"}, {"reduction", reduction}};
    const AttentionShape shape = {.embed_dim = kLinearDim, .num_heads = kLinearHeads};
    const auto padding = test::random_attention(config, shape);
    config["partial_patches"] = "drop";
    const auto dropping = make_attention(config, shape, "test");
    dropping->to(torch::kFloat64);
    {
      const torch::NoGradGuard no_grad;
      for (auto& parameter : dropping->named_parameters())
        parameter->copy_(test::parameter_of(*padding, parameter.key()));
    }
    // two keys at least: one alone gives every query the same
    const int64_t rows = test::random_int(2, 3) * reduction, columns = test::random_int(1, 3) * reduction;
    const int64_t below = test::random_int(1, reduction - 1), right = test::random_int(0, reduction - 1);
    const auto x = torch::randn({2, rows + below, columns + right, kLinearDim}, torch::kFloat64);
    const auto out = dropping->forward(x);
    const auto whole = x.narrow(1, 0, rows).narrow(2, 0, columns);
    EXPECT_TRUE(torch::allclose(out.narrow(1, 0, rows).narrow(2, 0, columns), padding->forward(whole), 1e-9, 1e-10));
    EXPECT_FALSE(torch::allclose(out, padding->forward(x), 1e-9, 1e-10)) << x.sizes() << ", reduction " << reduction;
    // tokens of the border still ask, and are not asked
    auto changed = x.clone();
    changed.narrow(1, rows, below) += 1;
    const auto after = dropping->forward(changed);
    EXPECT_TRUE(after.narrow(1, 0, rows).equal(out.narrow(1, 0, rows)));
    EXPECT_FALSE(after.narrow(1, rows, below).equal(out.narrow(1, rows, below)));
    const auto cost = dropping->cost(rows + below, columns + right);
    EXPECT_LT(cost.flops, padding->cost(rows + below, columns + right).flops);
    // a side shorter than a patch is filled up, for there must be a key
    const auto narrow = torch::randn({1, 1, columns, kLinearDim}, torch::kFloat64);
    EXPECT_TRUE(torch::allclose(dropping->forward(narrow), padding->forward(narrow), 1e-9, 1e-10));
  }
  EXPECT_THROW(make_attention({{"type", "pvt"}, {"partial_patches", "crop"}}, {.embed_dim = 6, .num_heads = 2}, "test"),
               ConfigError);
}

TEST(GlobalFilterTest, IsACircularConvolutionAsLargeAsTheGrid) {
  torch::manual_seed(test::test_seed());
  for (const int64_t grid : {1, 4, 5}) {
    const auto attention = test::random_attention({{"type", "global_filter"}},
                                                  {.embed_dim = kLinearDim, .num_heads = 1, .grid_size = grid});
    const auto x = torch::randn({2, grid, grid, kLinearDim}, torch::kFloat64);
    const auto filter = torch::view_as_complex(parameter_of(*attention, "filter"));
    const std::vector<int64_t> sizes = {grid, grid};
    const auto kernel = at::fft_irfft2(filter, at::OptionalIntArrayRef(sizes), {0, 1});  // (grid, grid, C)
    auto expected = torch::zeros_like(x);
    for (int64_t dy = 0; dy < grid; ++dy) {
      for (int64_t dx = 0; dx < grid; ++dx) expected += kernel[dy][dx] * torch::roll(x, {dy, dx}, {1, 2});
    }
    EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-9, 1e-10)) << grid;
  }
}

// A pattern and a filter that are smooth mean the same on a finer grid: constants keep their gain exactly.
TEST(GlobalFilterTest, OtherGridsKeepTheGainOfTheMean) {
  torch::manual_seed(test::test_seed());
  const auto attention =
      test::random_attention({{"type", "global_filter"}}, {.embed_dim = kLinearDim, .num_heads = 1, .grid_size = 6});
  const auto mean = torch::randn({1, 1, 1, kLinearDim}, torch::kFloat64);
  const auto nominal = attention->forward(mean.expand({1, 6, 6, -1}))[0][0][0];
  const int64_t height = test::random_int(1, 15), width = test::random_int(1, 15);
  const auto out = attention->forward(mean.expand({1, height, width, -1}));
  EXPECT_TRUE(torch::allclose(out, nominal.expand_as(out), 1e-9, 1e-10)) << out.sizes();
}

}  // namespace
}  // namespace multipole

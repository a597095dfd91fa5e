#include <gtest/gtest.h>
#include <torch/nn/init.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/linear.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

double relative_error(const torch::Tensor& actual, const torch::Tensor& expected) {
  return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-12)).item<double>();
}

// Few and many tokens take different paths; both must be the product and have its gradients.
void expect_is_the_product(const std::vector<int64_t>& leading, int64_t in_features, int64_t out_features, bool bias) {
  SCOPED_TRACE(testing::Message() << c10::IntArrayRef(leading) << " x " << in_features << " -> " << out_features);
  auto sizes = leading;
  sizes.push_back(in_features);
  Linear layer(in_features, out_features, bias);
  if (bias) torch::nn::init::normal_(layer->bias);
  const auto x = torch::randn(sizes, torch::requires_grad());
  const auto out = layer(x);
  const auto d_out = torch::randn_like(out);
  out.backward(d_out);

  const auto rows = x.detach().reshape({-1, in_features}).to(torch::kDouble);
  const auto d_rows = d_out.reshape({-1, out_features}).to(torch::kDouble);
  const auto weight = layer->weight.detach().to(torch::kDouble);
  auto expected = rows.matmul(weight.t());
  if (bias) expected = expected + layer->bias.detach();
  sizes.back() = out_features;
  EXPECT_TRUE(out.is_contiguous());
  EXPECT_EQ(out.sizes(), c10::IntArrayRef(sizes));
  EXPECT_LT(relative_error(out.reshape({-1, out_features}), expected), 1e-5);
  EXPECT_LT(relative_error(x.grad().reshape({-1, in_features}), d_rows.matmul(weight)), 1e-5);
  EXPECT_LT(relative_error(layer->weight.grad(), d_rows.t().matmul(rows)), 1e-5);
  if (bias) {
    // against what is added up: of one output the terms may cancel, and float32 keeps as much of them as it can
    const auto error = (layer->bias.grad() - d_rows.sum(0)).abs() / d_rows.abs().sum(0);
    EXPECT_LT(error.max().item<double>(), 1e-6);
  }
}

TEST(LinearTest, IsTheProductForAnyNumberOfTokens) {
  torch::manual_seed(test::test_seed());
  expect_is_the_product({1}, 1, 1, true);
  expect_is_the_product({1, 1, 1}, 5, 3, false);
  expect_is_the_product({4, 16, 16}, 64, 192, true);
  expect_is_the_product({1504}, 1, 7, true);
  expect_is_the_product({16, 100}, 5, 1, true);
  expect_is_the_product({2, 1, 1031}, 9, 1, true);
  for (int i = 0; i < 8; ++i) {
    expect_is_the_product({test::random_int(1, 3), 16 * test::random_int(1, 10), test::random_int(1, 40)},
                          test::random_int(1, 70), test::random_int(1, 70), i % 2 == 0);
  }
}

TEST(LinearTest, TakesEveryDtype) {
  for (const auto dtype : {torch::kFloat64, torch::kBFloat16}) {
    Linear layer(6, 10);
    layer->to(dtype);
    for (const int64_t tokens : {3, 2000}) {
      const auto x = torch::randn({tokens, 6}, dtype);
      const auto expected = x.to(torch::kDouble).matmul(layer->weight.to(torch::kDouble).t());
      EXPECT_EQ(layer(x).scalar_type(), dtype);
      EXPECT_LT(relative_error(layer(x).to(torch::kDouble), expected), dtype == torch::kBFloat16 ? 2e-2 : 1e-12);
    }
  }
}

TEST(LinearTest, TakesNoTokensAndStridedInput) {
  Linear layer(8, 4);
  EXPECT_EQ(layer(torch::randn({0, 3, 8})).sizes(), (std::vector<int64_t>{0, 3, 4}));
  const auto wide = torch::randn({2000, 24});
  const auto slice = wide.narrow(1, 8, 8);
  EXPECT_LT(relative_error(layer(slice), layer(slice.contiguous())), 1e-6);
}

TEST(LinearTest, StartsFromATruncatedNormalAndZeroBias) {
  torch::manual_seed(test::test_seed());
  Linear layer(300, 300);
  const auto weight = layer->weight.detach();
  EXPECT_LE(weight.abs().max().item<double>(), 0.0401);
  EXPECT_NEAR(weight.mean().item<double>(), 0.0, 5e-4);
  // cutting a normal at two deviations leaves 0.8796 of its deviation
  EXPECT_NEAR(weight.std().item<double>(), 0.02 * 0.8796, 5e-4);
  EXPECT_EQ(layer->bias.abs().max().item<double>(), 0.0);
}

}  // namespace
}  // namespace multipole

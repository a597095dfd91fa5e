// The depthwise convolution against its definition, token by token.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>

#include "backbone/attention/mechanisms/registry.h"
#include "base/error.h"
#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr int64_t kConvolvedDim = 6;

std::shared_ptr<Attention> convolution(int64_t kernel) {
  return test::random_attention({{"type", "convolution"}, {"kernel", kernel}},
                                {.embed_dim = kConvolvedDim, .num_heads = 2});
}

// The sum over what a token sees of the grid, each neighbour by its mass.
torch::Tensor convolve_slowly(const Attention& attention, const torch::Tensor& x, const torch::Tensor& mass) {
  const auto weight = test::parameter_of(attention, "conv.weight"), bias = test::parameter_of(attention, "conv.bias");
  const int64_t height = x.size(1), width = x.size(2), kernel = weight.size(2), reach = kernel / 2;
  auto out = torch::zeros_like(x);
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      auto sum = bias.expand({x.size(0), -1}).clone();
      for (int64_t i = 0; i < kernel; ++i) {
        for (int64_t j = 0; j < kernel; ++j) {
          const int64_t y = row + i - reach, z = column + j - reach;
          if (y < 0 || z < 0 || y >= height || z >= width) continue;
          sum += x.select(1, y).select(1, z) * mass.select(1, y).select(1, z).unsqueeze(-1) *
                 weight.select(2, i).select(2, j).squeeze(1);
        }
      }
      out.select(1, row).select(1, column).copy_(sum);
    }
  }
  return out;
}

TEST(ConvolutionTest, SumsTheNeighboursOfEachChannel) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const int64_t kernel : {1, 3, 5, 7}) {
    const auto attention = convolution(kernel);
    const auto x = torch::randn({2, test::random_int(1, 12), test::random_int(1, 12), kConvolvedDim}, torch::kFloat64);
    const auto all = torch::ones({2, x.size(1), x.size(2)}, torch::kFloat64);
    const auto expected = convolve_slowly(*attention, x, all);
    EXPECT_TRUE(torch::allclose(attention->forward(x), expected, 1e-9, 1e-10)) << kernel << " on " << x.sizes();
  }
}

TEST(ConvolutionTest, NeighboursCountByTheirMass) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const int64_t kernel : {3, 5}) {
    const auto attention = convolution(kernel);
    const auto x = torch::randn({2, test::random_int(2, 12), test::random_int(2, 12), kConvolvedDim}, torch::kFloat64);
    auto mass = torch::rand({2, x.size(1), x.size(2)}, torch::kFloat64);
    mass.select(1, 0).select(1, test::random_int(0, x.size(2) - 1)).zero_();
    const auto expected = convolve_slowly(*attention, x, mass).masked_fill(mass.eq(0).unsqueeze(-1), 0);
    const SequenceGrid grid{.height = x.size(1), .width = x.size(2), .rotary = {}, .token_mass = mass};
    const auto found = attention->forward_sequence(x.flatten(1, 2), grid).view(x.sizes());
    EXPECT_TRUE(torch::allclose(found, expected, 1e-9, 1e-10)) << kernel << " on " << x.sizes();
  }
}

TEST(ConvolutionTest, RefusesAKernelWithoutAMiddle) {
  for (const int64_t kernel : {0, 2, 65, -3}) {
    try {
      convolution(kernel);
      ADD_FAILURE() << kernel;
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()), "test.kernel: must be odd and from 1 to 63, got " + std::to_string(kernel));
    }
  }
}

}  // namespace
}  // namespace multipole

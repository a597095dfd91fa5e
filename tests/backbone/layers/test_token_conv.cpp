#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "backbone/layers/overlapping_embedding.h"
#include "backbone/layers/position_conv.h"
#include "backbone/layers/token_conv.h"
#include "tests/support/random_source.h"
#include "tests/support/stale_memory.h"

namespace multipole {
namespace {

TEST(TokenConvTest, IsAConvolutionOfTheTokenMapWithoutLayoutCopies) {
  torch::manual_seed(test::test_seed());
  for (int i = 0; i < 10; ++i) {
    const int64_t height = i == 0 ? 1 : test::random_int(1, 30), width = i == 1 ? 1 : test::random_int(1, 30);
    const int64_t stride = i % 5 == 4 ? 4 : 1 + i % 2, groups = i % 3 == 0 ? 4 : 1, size = i % 4 == 3 ? 7 : 3;
    SCOPED_TRACE(testing::Message() << height << " x " << width << " stride " << stride << " groups " << groups
                                    << " size " << size);
    TokenConv conv(
        TokenConvShape{.in_channels = 8, .out_channels = 12, .stride = stride, .size = size, .groups = groups});
    const auto x = torch::randn({2, height, width, 8});
    const auto out = conv(x);
    EXPECT_EQ(out.sizes(),
              (std::vector<int64_t>{2, (height + stride - 1) / stride, (width + stride - 1) / stride, 12}));
    EXPECT_TRUE(out.is_contiguous());
    const auto expected =
        torch::conv2d(x.permute({0, 3, 1, 2}).contiguous(), conv->weight.contiguous(torch::MemoryFormat::Contiguous),
                      conv->bias, stride, size / 2, 1, groups);
    EXPECT_TRUE(torch::allclose(out, expected.permute({0, 2, 3, 1}), 1e-4, 1e-5));
  }
}

// Strided to one column among others, in memory that held NaN.
TEST(TokenConvTest, Bfloat16IsTheRoundedConvolution) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  constexpr int64_t kChannels[] = {3, 16, 24, 32};
  for (int round = 0; round < 48; ++round) {
    const int64_t size = round % 3 == 2 ? 7 : 3, stride = round % 3 == 2 ? 4 : 1 + round % 2,
                  channels = kChannels[round % 4];
    const int64_t height = test::random_int(1, 40),
                  width = round % 2 == 0 ? test::random_int(1, stride) : test::random_int(1, 20);
    SCOPED_TRACE(testing::Message() << height << " x " << width << " x " << channels << " stride " << stride << " size "
                                    << size);
    TokenConv conv(TokenConvShape{
        .in_channels = channels, .out_channels = test::random_int(1, 50), .stride = stride, .size = size});
    conv->to(torch::kBFloat16);
    const auto x = torch::randn({2, height, width, channels}, torch::kBFloat16);
    test::leave_nan_in_free_memory();
    const auto out = conv(x).to(torch::kFloat64);
    const auto expected = torch::conv2d(x.permute({0, 3, 1, 2}).to(torch::kFloat64), conv->weight.to(torch::kFloat64),
                                        conv->bias.to(torch::kFloat64), stride, size / 2)
                              .permute({0, 2, 3, 1});
    ASSERT_EQ(out.sizes(), expected.sizes());
    EXPECT_LE((out - expected).abs().max().item<double>(), (1 + expected.abs().max().item<double>()) / 64);
  }
}

TEST(TokenConvTest, StoresDenseWeightsChannelsLast) {
  TokenConv conv(TokenConvShape{.in_channels = 8, .out_channels = 12});
  EXPECT_TRUE(conv->weight.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(OverlappingEmbeddingTest, IsAConvolutionAndALayerNorm) {
  torch::manual_seed(test::test_seed());
  for (const TokenConvShape& shape : {TokenConvShape{.in_channels = 3, .out_channels = 10, .stride = 4, .size = 7},
                                      TokenConvShape{.in_channels = 6, .out_channels = 9, .stride = 2}}) {
    OverlappingEmbedding embedding(shape, 1e-5);
    const auto parameters = embedding->named_parameters();
    double numbers = 0;
    for (const auto& parameter : parameters) numbers += static_cast<double>(parameter->numel());
    EXPECT_EQ(OverlappingEmbeddingImpl::count_parameters(shape), numbers);
    const auto x = torch::randn({2, test::random_int(1, 30), test::random_int(1, 30), shape.in_channels});
    const auto convolved = torch::conv2d(x.permute({0, 3, 1, 2}), parameters["conv.weight"], parameters["conv.bias"],
                                         shape.stride, shape.size / 2);
    const auto expected = torch::layer_norm(convolved.permute({0, 2, 3, 1}), {shape.out_channels},
                                            parameters["norm.weight"], parameters["norm.bias"], 1e-5);
    EXPECT_TRUE(torch::allclose(embedding(x), expected, 1e-4, 1e-5)) << x.sizes();
  }
}

TEST(PositionConvTest, AddsADepthwiseConvolution) {
  PositionConv position_conv(6);
  const auto parameters = position_conv->named_parameters();
  EXPECT_EQ(parameters["conv.weight"].sizes(), (std::vector<int64_t>{6, 1, 3, 3}));
  const auto x = torch::randn({1, 5, 4, 6});
  const auto out = position_conv(x);
  EXPECT_EQ(out.sizes(), x.sizes());
  {
    torch::NoGradGuard no_grad;
    for (auto& parameter : position_conv->parameters()) parameter.zero_();
  }
  EXPECT_TRUE(position_conv(x).equal(x)) << "the residual";
  EXPECT_FALSE(out.equal(x));
}

TEST(PositionConvTest, TellsWhereATokenIs) {
  PositionConv position_conv(6);
  const auto out = position_conv(torch::ones({1, 4, 4, 6}));
  EXPECT_GT((out.index({0, 0, 0}) - out.index({0, 1, 1})).abs().max().item<double>(), 1e-3);
  EXPECT_LT((out.index({0, 1, 1}) - out.index({0, 2, 2})).abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace multipole

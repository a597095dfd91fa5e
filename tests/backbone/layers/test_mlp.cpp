#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "backbone/layers/layer_norm.h"
#include "backbone/layers/layer_scale.h"
#include "backbone/layers/mlp.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

TEST(MlpTest, IsLinearGeluLinearTokenByToken) {
  Mlp mlp(MlpShape{.embed_dim = 5, .hidden_dim = 12});
  const auto parameters = mlp->named_parameters();
  const auto x = torch::randn({2, 3, 4, 5});
  const auto hidden = torch::gelu(torch::matmul(x, parameters["fc1.weight"].t()) + parameters["fc1.bias"]);
  const auto expected = torch::matmul(hidden, parameters["fc2.weight"].t()) + parameters["fc2.bias"];
  EXPECT_TRUE(torch::allclose(mlp(x), expected, 1e-4, 1e-7));
  EXPECT_TRUE(torch::allclose(mlp(x.slice(1, 1, 2)), expected.slice(1, 1, 2), 1e-4, 1e-7));
}

TEST(MlpTest, ItsConvolutionStandsBeforeTheActivation) {
  torch::manual_seed(test::test_seed());
  const MlpShape shape = {.embed_dim = 5, .hidden_dim = test::random_int(3, 14), .conv = true};
  Mlp mlp(shape);
  mlp->to(torch::kFloat64);
  EXPECT_FALSE(mlp->is_tokenwise());
  const auto parameters = mlp->named_parameters();
  double numbers = 0;
  for (const auto& parameter : parameters) numbers += static_cast<double>(parameter->numel());
  EXPECT_EQ(MlpImpl::count_parameters(shape), numbers);
  const auto x = torch::randn({2, test::random_int(1, 7), test::random_int(1, 7), 5}, torch::kFloat64);
  const auto hidden = torch::matmul(x, parameters["fc1.weight"].t()) + parameters["fc1.bias"];
  const auto convolved = torch::conv2d(hidden.permute({0, 3, 1, 2}), parameters["conv.weight"], parameters["conv.bias"],
                                       1, 1, 1, shape.hidden_dim);
  const auto expected = torch::matmul(torch::gelu(convolved).permute({0, 2, 3, 1}), parameters["fc2.weight"].t()) +
                        parameters["fc2.bias"];
  EXPECT_TRUE(torch::allclose(mlp(x), expected, 1e-9, 1e-10)) << x.sizes();
  EXPECT_THROW(Mlp(MlpShape{.embed_dim = 4, .hidden_dim = 8, .gated = true, .conv = true}), c10::Error);
}

TEST(MlpTest, ItsFirstLayerMayBeAConvolution) {
  torch::manual_seed(test::test_seed());
  const int64_t kernel = 2 * test::random_int(1, 3) + 1;
  const MlpShape shape = {.embed_dim = 5, .hidden_dim = test::random_int(3, 14), .kernel = kernel};
  Mlp mlp(shape);
  mlp->to(torch::kFloat64);
  EXPECT_FALSE(mlp->is_tokenwise());
  EXPECT_EQ(mlp->width(), shape.hidden_dim);
  const auto parameters = mlp->named_parameters();
  double numbers = 0;
  for (const auto& parameter : parameters) numbers += static_cast<double>(parameter->numel());
  EXPECT_EQ(MlpImpl::count_parameters(shape), numbers);
  const auto x = torch::randn({2, test::random_int(1, 7), test::random_int(1, 7), 5}, torch::kFloat64);
  const auto of = [&](const torch::Tensor& tokens) {
    const auto hidden = torch::gelu(
        torch::conv2d(tokens.permute({0, 3, 1, 2}), parameters["fc1.weight"], parameters["fc1.bias"], 1, kernel / 2));
    return torch::matmul(hidden.permute({0, 2, 3, 1}), parameters["fc2.weight"].t()) + parameters["fc2.bias"];
  };
  EXPECT_TRUE(torch::allclose(mlp(x), of(x), 1e-9, 1e-10)) << x.sizes() << ", kernel " << kernel;
  const auto mass = torch::randint(0, 2, {2, x.size(1), x.size(2)}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(mlp->forward(x, mass), of(x * mass.unsqueeze(-1)), 1e-9, 1e-10)) << x.sizes();
  EXPECT_THROW(Mlp(MlpShape{.embed_dim = 4, .hidden_dim = 8, .conv = true, .kernel = 3}), c10::Error);
  EXPECT_THROW(Mlp(MlpShape{.embed_dim = 4, .hidden_dim = 8, .gated = true, .kernel = 3}), c10::Error);
}

TEST(LayerScaleTest, ScalesEachChannel) {
  LayerScale scale(3, 0.25);
  const auto x = torch::randn({2, 4, 3});
  EXPECT_TRUE(scale(x).equal(x * 0.25));
  {
    torch::NoGradGuard no_grad;
    scale->parameters()[0].copy_(torch::tensor({1.0, 2.0, 3.0}));
  }
  EXPECT_TRUE(scale(x).select(-1, 2).equal(x.select(-1, 2) * 3));
}

TEST(LayerNormTest, NormalisesEveryTokenOverItsChannels) {
  const int64_t embed_dim = test::random_int(2, 90);
  auto norm = make_layer_norm(embed_dim, 1e-6);
  const auto out = norm(torch::randn({2, 3, 5, embed_dim}) * 7 + 3);
  EXPECT_LT(out.mean(-1).abs().max().item<double>(), 1e-4);
  EXPECT_LT((out.var(-1, /*unbiased=*/false) - 1).abs().max().item<double>(), 1e-3);
}

}  // namespace
}  // namespace multipole

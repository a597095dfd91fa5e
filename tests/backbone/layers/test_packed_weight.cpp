#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <optional>

#include "backbone/layers/linear.h"
#include "backbone/layers/mlp.h"
#include "engine/runtime/execution.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

constexpr std::array<std::optional<Activation>, 6> kActivations = {std::nullopt,          Activation::kGelu,
                                                                   Activation::kGeluTanh, Activation::kQuickGelu,
                                                                   Activation::kSilu,     Activation::kRelu};

double difference(const torch::Tensor& actual, const torch::Tensor& expected) {
  const auto wanted = expected.to(torch::kDouble);
  return ((actual.to(torch::kDouble) - wanted).abs().max() / wanted.abs().max().clamp_min(1e-12)).item<double>();
}

Linear random_layer(int64_t in_features, int64_t out_features, bool bias) {
  const torch::NoGradGuard no_grad;
  Linear layer(in_features, out_features, bias);
  layer->weight.normal_(0, 0.3);
  if (bias) layer->bias.normal_();
  return layer;
}

torch::Tensor run(Linear& layer, const torch::Tensor& x, std::optional<Activation> activation) {
  return activation ? layer->forward_activated(x, *activation) : layer(x);
}

TEST(PackedWeightTest, GivesTheProductAndItsActivation) {
  torch::manual_seed(test::test_seed());
  const torch::NoGradGuard no_grad;
  for (const auto& activation : kActivations) {
    const int64_t in_features = test::random_int(1, 90), out_features = test::random_int(1, 90);
    // enough tokens for float32 to take the packed product, and few
    for (const int64_t tokens :
         {(int64_t{1} << 20) / (in_features * out_features) + test::random_int(1, 9), test::random_int(1, 9)}) {
      SCOPED_TRACE(testing::Message() << tokens << " x " << in_features << " -> " << out_features);
      auto layer = random_layer(in_features, out_features, tokens % 2 == 0);
      const auto x = torch::randn({1, tokens, 2 * in_features}).narrow(2, in_features, in_features);
      const auto expected = run(layer, x, activation);
      layer->pack(torch::kFloat32);
      EXPECT_LT(difference(run(layer, x, activation), expected), 2e-6);
      layer->pack(torch::kBFloat16);
      EXPECT_EQ(difference(run(layer, x, activation), expected), 0) << "packed for another type: not to be used";
      const AutocastGuard autocast({.device = torch::kCPU, .bfloat16 = true});
      const auto rounded = run(layer, x, activation);
      EXPECT_EQ(rounded.scalar_type(), torch::kBFloat16);
      EXPECT_LT(difference(rounded, expected), 2e-2);
    }
  }
}

// What is packed is used at all: its numbers differ from the weight's where somebody writes past the version counter.
// On a processor where nothing is packed the weight itself computes.
TEST(PackedWeightTest, IsWhatComputes) {
  const torch::NoGradGuard no_grad;
  auto layer = random_layer(64, 64, true);
  const auto x = torch::randn({300, 64}), before = layer(x);
  layer->pack(torch::kFloat32);
  const bool is_packed = PackedWeight::of(layer->weight, layer->bias, torch::kFloat32).has_value();
  layer->weight.data().zero_();
  if (is_packed) {
    EXPECT_LT(difference(layer(x), before), 2e-6);
  } else {
    EXPECT_GT(difference(layer(x), before), 0.1);
  }
  EXPECT_GT(difference(layer(x.narrow(0, 0, 2)), before.narrow(0, 0, 2)), 0.1) << "few tokens take the weight itself";
}

TEST(PackedWeightTest, StepsAsideWhereItsWeightChanges) {
  const torch::NoGradGuard no_grad;
  auto layer = random_layer(64, 64, true);
  const auto x = torch::randn({300, 64});
  layer->pack(torch::kFloat32);
  layer->weight.mul_(2);
  EXPECT_LT(difference(layer(x), x.matmul(layer->weight.t()) + layer->bias), 2e-6);
  layer->pack(torch::kFloat32);
  layer->to(torch::kDouble);
  EXPECT_EQ(layer(x.to(torch::kDouble)).scalar_type(), torch::kDouble);
}

TEST(PackedWeightTest, StepsAsideWhereAGraphIsRecorded) {
  auto layer = random_layer(64, 64, true);
  layer->pack(torch::kFloat32);
  const auto x = torch::randn({300, 64}, torch::requires_grad());
  layer->forward_activated(x, Activation::kGelu).sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_GT(layer->weight.grad().abs().sum().item<double>(), 0);
}

TEST(PackedWeightTest, ServesEveryLinearLayerOfAModel) {
  torch::manual_seed(test::test_seed());
  for (const bool gated : {false, true}) {
    Mlp mlp(MlpShape{.embed_dim = 48, .hidden_dim = 96, .activation = Activation::kGelu, .gated = gated});
    const auto x = torch::randn({7, 57, 48});
    const c10::InferenceMode inference;
    const auto expected = mlp(x);
    prepare_inference(*mlp, {.device = torch::kCPU, .bfloat16 = false});
    EXPECT_LT(difference(mlp(x), expected), 2e-6);
    prepare_inference(*mlp, {.device = torch::kCPU, .bfloat16 = true});
    const AutocastGuard autocast({.device = torch::kCPU, .bfloat16 = true});
    EXPECT_LT(difference(mlp(x), expected), 3e-2);
  }
}

}  // namespace
}  // namespace multipole

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <vector>

#include "backbone/blocks/checkpoint.h"
#include "backbone/families/pyramid/pyramid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

PyramidConfig checkpointed_config() {
  PyramidConfig config;
  config.image_size = 24;
  config.stem_stride = 2;
  config.embed_dims = {8, 12, 16, 20};
  config.depths = {2, 1, 1, 1};
  config.num_heads = {2, 3, 4, 5};
  config.mlp_ratio = 2;
  config.drop_path_rate = 0.5;
  return config;
}

struct Result {
  torch::Tensor loss;
  std::vector<torch::Tensor> gradients;
};

// Loss over all four maps, and the gradients of all parameters, from the same random numbers every time.
Result run(Pyramid& pyramid, const torch::Tensor& images, bool bfloat16) {
  torch::manual_seed(1);
  Result result;
  at::autocast::set_autocast_enabled(at::kCPU, bfloat16);
  at::autocast::increment_nesting();
  result.loss = torch::zeros({}, images.options());
  for (const auto& map : pyramid->forward_intermediates(images)) {
    result.loss = result.loss + map.to(images.scalar_type()).square().mean();
  }
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  result.gradients = {};
  result.loss.backward();
  for (auto& parameter : pyramid->parameters()) {
    // the tables of far levels that a small picture lacks have none
    result.gradients.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::zeros_like(parameter));
    parameter.mutable_grad().reset();
  }
  return result;
}

class CheckpointTest : public testing::TestWithParam<torch::ScalarType> {};

TEST_P(CheckpointTest, ChangesNeitherLossNorGradients) {
  torch::manual_seed(test::test_seed());
  const bool bfloat16 = GetParam() == torch::kBFloat16;
  Pyramid pyramid(checkpointed_config());
  pyramid->to(bfloat16 ? torch::kFloat32 : GetParam());
  const auto images = torch::randn({2, 3, test::random_int(9, 30), test::random_int(9, 30)})
                          .to(bfloat16 ? torch::kFloat32 : GetParam());
  const Result plain = run(pyramid, images, bfloat16);
  pyramid->set_gradient_checkpointing(true);
  const Result checkpointed = run(pyramid, images, bfloat16);
  EXPECT_TRUE(torch::equal(plain.loss, checkpointed.loss));
  ASSERT_EQ(plain.gradients.size(), checkpointed.gradients.size());
  for (size_t i = 0; i < plain.gradients.size(); ++i) {
    EXPECT_TRUE(torch::equal(plain.gradients[i], checkpointed.gradients[i])) << pyramid->named_parameters().keys()[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Types, CheckpointTest, testing::Values(torch::kFloat64, torch::kFloat32, torch::kBFloat16));

TEST(Checkpoint, RunsTheFunctionOnceMoreInTheBackwardPass) {
  int calls = 0;
  const auto square = [&calls](const torch::Tensor& x) {
    ++calls;
    return x * x;
  };
  const auto x = torch::randn({3}).requires_grad_();
  const auto y = checkpoint(square, x);
  EXPECT_EQ(calls, 1);
  y.sum().backward();
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(torch::equal(x.grad(), 2 * x.detach()));
}

TEST(Checkpoint, CallsTheFunctionDirectlyWithoutGradients) {
  int calls = 0;
  const auto count = [&calls](const torch::Tensor& x) {
    ++calls;
    return x + 1;
  };
  EXPECT_FALSE(checkpoint(count, torch::ones({2})).requires_grad());
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(checkpoint(count, torch::ones({2}).requires_grad_()).requires_grad());
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace multipole

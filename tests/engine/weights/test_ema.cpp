#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "engine/weights/ema.h"

namespace multipole {
namespace {

TEST(Ema, FollowsItsDefinition) {
  const EmaConfig config{true, 0.8, true};
  torch::nn::Linear source(3, 2), average(3, 2);
  Ema ema(config, *source, *average);
  EXPECT_TRUE(torch::equal(average->weight, source->weight));
  EXPECT_FALSE(average->weight.requires_grad());
  auto expected = source->weight.detach().to(torch::kDouble);
  for (int64_t step = 0; step < 60; ++step) {
    {
      const torch::NoGradGuard no_grad;
      source->weight.copy_(torch::randn({2, 3}));
    }
    ema.update(step);
    const double decay = std::min(0.8, (1.0 + step) / (10.0 + step));
    EXPECT_DOUBLE_EQ(ema.decay(step), decay);
    expected = decay * expected + (1 - decay) * source->weight.detach().to(torch::kDouble);
    EXPECT_TRUE(torch::allclose(average->weight.to(torch::kDouble), expected, 1e-5, 1e-6)) << step;
  }
}

TEST(Ema, WithoutWarmupTheDecayIsConstant) {
  torch::nn::Linear source(3, 2), average(3, 2);
  const Ema ema({true, 0.99, false}, *source, *average);
  EXPECT_EQ(ema.decay(0), 0.99);
  EXPECT_EQ(ema.decay(1000), 0.99);
}

TEST(Ema, CopiesBuffers) {
  torch::nn::BatchNorm1d source(3), average(3);
  Ema ema({true, 0.99, false}, *source, *average);
  source->forward(torch::randn({8, 3}) + 5);
  ema.update(0);
  EXPECT_TRUE(torch::equal(average->running_mean, source->running_mean));
  EXPECT_TRUE(torch::equal(average->num_batches_tracked, source->num_batches_tracked));
}

TEST(Ema, OtherArchitecturesAreRefused) {
  torch::nn::Linear source(3, 2);
  torch::nn::BatchNorm1d average(3);
  EXPECT_THROW(Ema(EmaConfig{}, *source, *average), c10::Error);
}

}  // namespace
}  // namespace multipole

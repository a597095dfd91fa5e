#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <vector>

#include "engine/optimizers/gradient_clip.h"
#include "engine/training/improvement.h"

namespace multipole {
namespace {

// Parameters with the gradients (3) and (0, 4), and one without.
std::vector<torch::Tensor> parameters_of_norm_five() {
  std::vector<torch::Tensor> parameters;
  for (const int64_t size : {1, 2, 3}) parameters.push_back(torch::zeros({size}).requires_grad_());
  parameters[0].mutable_grad() = torch::tensor({3.0F});
  parameters[1].mutable_grad() = torch::tensor({0.0F, 4.0F});
  return parameters;
}

TEST(GradientClip, BoundsTheNormOfAllTogether) {
  for (const double limit : {0.0, 5.0, 9.0}) {
    const auto parameters = parameters_of_norm_five();
    EXPECT_NEAR(clip_gradients(parameters, limit), 5, 1e-6);
    EXPECT_EQ(parameters[0].grad()[0].item<float>(), 3) << limit;
  }
  const auto parameters = parameters_of_norm_five();
  EXPECT_NEAR(clip_gradients(parameters, 1), 5, 1e-6) << "the norm before";
  EXPECT_NEAR(parameters[0].grad()[0].item<float>(), 0.6, 1e-6);
  EXPECT_NEAR(parameters[1].grad()[1].item<float>(), 0.8, 1e-6);
  EXPECT_FALSE(parameters[2].grad().defined());
}

TEST(GradientClip, SaysSoWhereTheNormIsNoNumber) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const double limit : {0.0, 1.0}) {
      const auto parameters = parameters_of_norm_five();
      parameters[1].grad()[0].fill_(bad);
      EXPECT_FALSE(std::isfinite(clip_gradients(parameters, limit)));
      EXPECT_EQ(parameters[0].grad()[0].item<float>(), 3) << "one bad number must not spread";
    }
  }
}

TEST(Improvement, WhatIsNoNumberIsNeverTheBest) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(is_improvement(0.1, std::nullopt));
  EXPECT_TRUE(is_improvement(-3, -4));
  EXPECT_FALSE(is_improvement(0.1, 0.1));
  for (const double bad : {nan, infinity, -infinity}) {
    EXPECT_FALSE(is_improvement(bad, std::nullopt));
    EXPECT_FALSE(is_improvement(bad, 0.5));
  }
}

}  // namespace
}  // namespace multipole

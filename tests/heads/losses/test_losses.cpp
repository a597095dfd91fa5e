#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "heads/losses/cross_entropy.h"
#include "heads/losses/focal.h"
#include "heads/losses/sigmoid_cross_entropy.h"
#include "tests/support/gradcheck.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

torch::Tensor target_rows(const torch::Tensor& labels, int64_t classes) {
  return torch::one_hot(labels, classes).to(torch::kDouble);
}

struct Case {
  int64_t batch = random_int(1, 9), classes = random_int(2, 7);
  torch::Tensor logits = torch::randn({batch, classes}, torch::kDouble) * 3;
  torch::Tensor labels = torch::randint(classes, {batch}, torch::kLong);
  torch::Tensor weights = torch::rand({classes}, torch::kDouble) + 0.1;
};

TEST(FocalLoss, WithoutFocusIsCrossEntropy) {
  const Case c;
  const auto expected = cross_entropy(c.logits, c.labels);
  EXPECT_NEAR(focal_loss(c.logits, target_rows(c.labels, c.classes), 0).item<double>(), expected.item<double>(), 1e-12);
}

TEST(FocalLoss, HasItsDefinition) {
  const Case c;
  const double gamma = 1.7;
  double sum = 0, weights = 0;
  const auto p = c.logits.softmax(1);
  for (int64_t i = 0; i < c.batch; ++i) {
    const int64_t label = c.labels[i].item<int64_t>();
    const double probability = p[i][label].item<double>(), weight = c.weights[label].item<double>();
    sum -= weight * std::pow(1 - probability, gamma) * std::log(probability);
    weights += weight;
  }
  const auto loss = focal_loss(c.logits, target_rows(c.labels, c.classes), gamma, c.weights);
  EXPECT_NEAR(loss.item<double>(), sum / weights, 1e-9);
}

TEST(SigmoidCrossEntropy, HasItsDefinition) {
  const Case c;
  const auto targets = torch::randint(2, {c.batch, c.classes}, torch::kDouble);
  const auto s = c.logits.sigmoid();
  const auto expected = -(c.weights * targets * s.log() + (1 - targets) * (1 - s).log()).mean();
  EXPECT_NEAR(sigmoid_cross_entropy(c.logits, targets, c.weights).item<double>(), expected.item<double>(), 1e-9);
}

TEST(SigmoidCrossEntropy, StaysFiniteForLargeLogits) {
  const auto logits = torch::tensor({{500.0, -500.0}});
  EXPECT_NEAR(sigmoid_cross_entropy(logits, torch::tensor({{0.0, 1.0}})).item<double>(), 500.0, 1e-3);
}

TEST(Losses, HaveTheRightGradients) {
  const Case c;
  const auto targets = target_rows(c.labels, c.classes) * 0.8 + 0.2 / static_cast<double>(c.classes);
  for (const double gamma : {0.0, 0.5, 2.0}) {
    EXPECT_EQ(test::gradcheck(
                  [&](const std::vector<torch::Tensor>& in) { return focal_loss(in[0], targets, gamma, c.weights); },
                  {c.logits}),
              "")
        << gamma;
  }
  EXPECT_EQ(test::gradcheck(
                [&](const std::vector<torch::Tensor>& in) { return sigmoid_cross_entropy(in[0], targets, c.weights); },
                {c.logits}),
            "");
}

}  // namespace
}  // namespace multipole

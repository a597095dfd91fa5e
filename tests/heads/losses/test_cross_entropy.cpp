#include <gtest/gtest.h>
#include <torch/nn/functional.h>
#include <torch/types.h>

#include <cmath>

#include "heads/losses/cross_entropy.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;
namespace functional = torch::nn::functional;

torch::Tensor torch_loss(const torch::Tensor& logits, const torch::Tensor& targets, double label_smoothing) {
  return functional::cross_entropy(logits, targets,
                                   functional::CrossEntropyFuncOptions().label_smoothing(label_smoothing));
}

void expect_close(const torch::Tensor& value, const torch::Tensor& expected) {
  EXPECT_TRUE(torch::allclose(value, expected, 1e-10, 1e-12)) << value << " against " << expected;
}

TEST(CrossEntropy, EqualLogitsCostLogOfTheClasses) {
  const auto logits = torch::zeros({3, 7}, torch::kDouble);
  const auto labels = torch::tensor({0, 3, 6});
  for (const double smoothing : {0.0, 0.1, 0.7}) {
    EXPECT_NEAR(cross_entropy(logits, labels, smoothing).item<double>(), std::log(7.0), 1e-12);
  }
}

TEST(CrossEntropy, OneHotLogitsHaveTheClosedForm) {
  // two classes, logits (a, 0), label 0: -log p0 = log(1 + exp(-a))
  const double a = 1.3;
  const auto logits = torch::tensor({{a, 0.0}}, torch::kDouble);
  const double right = std::log1p(std::exp(-a)), wrong = std::log1p(std::exp(a));
  EXPECT_NEAR(cross_entropy(logits, torch::tensor({0})).item<double>(), right, 1e-12);
  EXPECT_NEAR(cross_entropy(logits, torch::tensor({0}), 0.2).item<double>(), 0.9 * right + 0.1 * wrong, 1e-12);
  const auto shares = torch::tensor({{0.3, 0.7}}, torch::kDouble);
  EXPECT_NEAR(cross_entropy(logits, shares).item<double>(), 0.3 * right + 0.7 * wrong, 1e-12);
}

TEST(CrossEntropy, AgreesWithTorchInValueAndGradient) {
  for (int trial = 0; trial < 20; ++trial) {
    const int64_t batch = random_int(1, 9), classes = random_int(2, 13);
    const double smoothing = static_cast<double>(random_int(0, 9)) / 10;
    const auto labels = torch::randint(classes, {batch}, torch::kLong);
    const auto shares = torch::rand({batch, classes}, torch::kDouble).softmax(1);
    for (const auto& targets : {labels, shares}) {
      const auto ours = torch::randn({batch, classes}, torch::kDouble).requires_grad_();
      const auto theirs = ours.detach().clone().requires_grad_();
      const auto loss = cross_entropy(ours, targets, smoothing);
      const auto expected = torch_loss(theirs, targets, smoothing);
      expect_close(loss, expected);
      loss.backward();
      expected.backward();
      expect_close(ours.grad(), theirs.grad());
    }
  }
}

TEST(CrossEntropy, MapsOfLabelsLeaveIgnoredEntriesOut) {
  const int64_t height = random_int(1, 7), width = random_int(2, 7);
  const auto logits = torch::randn({2, 5, height, width}, torch::kDouble);
  auto labels = torch::randint(5, {2, height, width}, torch::kLong);
  labels.index_put_({0, 0, 0}, 255);
  const auto options = functional::CrossEntropyFuncOptions().ignore_index(255);
  expect_close(cross_entropy(logits, labels, 0.0, 255), functional::cross_entropy(logits, labels, options));
  EXPECT_EQ(cross_entropy(logits, torch::full_like(labels, 255), 0.1, 255).item<double>(), 0.0);
}

TEST(CrossEntropy, LowPrecisionLogitsGiveAFloatLoss) {
  const auto logits = torch::randn({4, 10});
  const auto labels = torch::randint(10, {4}, torch::kLong);
  const auto narrow = logits.to(torch::kBFloat16);
  const auto loss = cross_entropy(narrow, labels, 0.1);
  EXPECT_EQ(loss.scalar_type(), torch::kFloat);
  EXPECT_TRUE(torch::allclose(loss, cross_entropy(narrow.to(torch::kFloat), labels, 0.1)));
}

}  // namespace
}  // namespace multipole

// The optimum is one: no gradient there, from every start; closed facts; and scikit-learn's, by a file of cases.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "base/json.h"
#include "tasks/probe/logistic_regression.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Every class is shown and none always.
LogisticProblem random_problem(LogisticKind kind) {
  const int64_t classes = random_int(3, 6), samples = random_int(30, 60), dim = random_int(2, 12);
  const auto features = torch::randn({samples, dim}, torch::kDouble);
  const auto labels = torch::arange(samples) % classes;
  auto targets = torch::one_hot(labels, classes).to(torch::kDouble);
  if (kind == LogisticKind::kIndependent)
    targets = torch::maximum(targets, targets.roll(1, 1) * (labels % 2).view({-1, 1}));
  return {features + targets.matmul(torch::randn({classes, dim}, torch::kDouble)), targets, kind};
}

LinearWeights zeros_for(const LogisticProblem& problem) {
  return LinearWeights::zeros(problem.targets.size(1), problem.features.size(1));
}

Json rows_of(const torch::Tensor& matrix) {
  Json rows = Json::array();
  for (int64_t i = 0; i < matrix.size(0); ++i) {
    Json row = Json::array();
    for (int64_t j = 0; j < matrix.size(1); ++j) row.push_back(matrix[i][j].item<double>());
    rows.push_back(row);
  }
  return rows;
}

// d/dW = residual^T X / N + strength W, d/db = mean residual, with the residual of the answers' probabilities.
TEST(LogisticRegression, HasNoGradientAtItsOptimum) {
  for (const auto kind : {LogisticKind::kMultinomial, LogisticKind::kIndependent}) {
    const auto problem = random_problem(kind);
    const auto fit = fit_logistic(problem, 0.01, zeros_for(problem), 1000);
    const auto logits = fit.weights.logits(problem.features);
    const auto answers = kind == LogisticKind::kMultinomial ? torch::softmax(logits, 1) : torch::sigmoid(logits);
    const auto residual = (answers - problem.targets) / static_cast<double>(problem.targets.size(0));
    const auto gradient = residual.t().matmul(problem.features) + 0.01 * fit.weights.weight;
    EXPECT_LT(gradient.abs().max().item<double>(), 1e-7);
    EXPECT_LT(residual.sum(0).abs().max().item<double>(), 1e-7);
    EXPECT_LT(fit.largest_gradient, 1e-7);
    EXPECT_GT(fit.iterations, 3);
    EXPECT_LT(fit.iterations, 1000);
  }
}

// Rows of any shares that are 1 together.
LogisticProblem soft_problem() {
  auto problem = random_problem(LogisticKind::kMultinomial);
  problem.targets = torch::softmax(2 * torch::randn_like(problem.targets) + 3 * problem.targets, 1);
  return problem;
}

// One of these classes is shown by nobody: its bias, which costs nothing, has its optimum at minus infinity.
LogisticProblem soft_problem_with_a_missing_class() {
  auto problem = soft_problem();
  problem.targets.select(1, 0).zero_();
  problem.targets = problem.targets / problem.targets.sum(1, true);
  return problem;
}

TEST(LogisticRegression, SharesOfClassesCountByTheirSize) {
  const auto problem = soft_problem_with_a_missing_class();
  const int64_t samples = problem.targets.size(0), classes = problem.targets.size(1), dim = problem.features.size(1);
  const LinearWeights weights = {torch::randn({classes, dim}, torch::kDouble), torch::randn({classes}, torch::kDouble)};
  double loss = 0;
  for (int64_t i = 0; i < samples; ++i) {
    std::vector<double> logits;
    double sum = 0;
    for (int64_t j = 0; j < classes; ++j) {
      double logit = weights.bias[j].item<double>();
      for (int64_t k = 0; k < dim; ++k) {
        logit += weights.weight[j][k].item<double>() * problem.features[i][k].item<double>();
      }
      logits.push_back(logit);
      sum += std::exp(logit);
    }
    for (int64_t j = 0; j < classes; ++j) {
      loss -= problem.targets[i][j].item<double>() * std::log(std::exp(logits[static_cast<size_t>(j)]) / sum);
    }
  }
  EXPECT_NEAR(logistic_loss(problem, weights).item<double>(), loss / static_cast<double>(samples), 1e-10);
}

TEST(LogisticRegression, SharesOfClassesHaveNoGradientAtTheOptimum) {
  const auto problem = soft_problem();
  const auto fit = fit_logistic(problem, 0.01, zeros_for(problem), 1000);
  const auto weight = fit.weights.weight.clone().requires_grad_(), bias = fit.weights.bias.clone().requires_grad_();
  (logistic_loss(problem, {weight, bias}) + 0.005 * weight.square().sum()).backward();
  EXPECT_LT(weight.grad().abs().max().item<double>(), 1e-7);
  EXPECT_LT(bias.grad().abs().max().item<double>(), 1e-7);
}

TEST(LogisticRegression, FindsTheSameFromEveryStart) {
  const auto problem = random_problem(LogisticKind::kIndependent);
  const auto fit = fit_logistic(problem, 0.1, zeros_for(problem), 1000);
  LinearWeights start = zeros_for(problem);
  start.weight.normal_(0, 3);
  start.bias.normal_(0, 3);
  const auto other = fit_logistic(problem, 0.1, start, 1000);
  EXPECT_TRUE(torch::allclose(fit.weights.weight, other.weights.weight, 0, 1e-5));
  EXPECT_TRUE(torch::allclose(fit.weights.bias, other.weights.bias, 0, 1e-5));
}

// Where features say nothing the biases are the classes' log shares.
TEST(LogisticRegression, WithoutFeaturesTellsHowFrequentClassesAre) {
  const int64_t rare = random_int(1, 9), common = random_int(10, 40);
  const auto labels = torch::cat({torch::zeros({rare}, torch::kLong), torch::ones({common}, torch::kLong)});
  const LogisticProblem problem = {torch::zeros({rare + common, 3}, torch::kDouble),
                                   torch::one_hot(labels, 2).to(torch::kDouble)};
  const auto fit = fit_logistic(problem, 1.0, zeros_for(problem), 1000);
  EXPECT_NEAR((fit.weights.bias[1] - fit.weights.bias[0]).item<double>(),
              std::log(static_cast<double>(common) / static_cast<double>(rare)), 1e-5);
  EXPECT_EQ(fit.weights.weight.abs().max().item<double>(), 0.0);
}

TEST(LogisticRegression, IsTheSameEveryTime) {
  const auto problem = random_problem(LogisticKind::kMultinomial);
  const auto one = fit_logistic(problem, 0.01, zeros_for(problem), 1000);
  const auto two = fit_logistic(problem, 0.01, zeros_for(problem), 1000);
  EXPECT_TRUE(one.weights.weight.equal(two.weights.weight));
}

TEST(Standardization, FoldsIntoTheWeights) {
  auto features = torch::randn({20, 7}, torch::kDouble) * 5 + 3;
  features.select(1, 2).fill_(4.25);  // constant
  const auto scale = Standardization::of(features);
  const auto scaled = scale.apply(features);
  EXPECT_LT(scaled.mean(0).abs().max().item<double>(), 1e-12);
  EXPECT_EQ(scaled.select(1, 2).abs().max().item<double>(), 0.0);
  EXPECT_NEAR(scaled.select(1, 1).square().mean().item<double>(), 1.0, 1e-12);
  const LinearWeights weights = {torch::randn({3, 7}, torch::kDouble), torch::randn({3}, torch::kDouble)};
  EXPECT_TRUE(torch::allclose(scale.fold(weights).logits(features), weights.logits(scaled), 0, 1e-10));
}

// What check_logistic_regression.py compares with scikit-learn, where MULTIPOLE_LOGISTIC_CASES names a file.
TEST(LogisticRegression, CasesForAnotherImplementation) {
  const char* path = std::getenv("MULTIPOLE_LOGISTIC_CASES");
  if (path == nullptr) GTEST_SKIP() << "MULTIPOLE_LOGISTIC_CASES names no file";
  Json cases = Json::array();
  for (int number = 0; number < 8; ++number) {
    const auto kind = number % 2 == 0 ? LogisticKind::kMultinomial : LogisticKind::kIndependent;
    const double strength = number < 4 ? 0.1 : 0.003;
    const auto problem = random_problem(kind);
    const auto fit = fit_logistic(problem, strength, zeros_for(problem), 1000);
    cases.push_back({{"features", rows_of(problem.features)},
                     {"targets", rows_of(problem.targets)},
                     {"multinomial", kind == LogisticKind::kMultinomial},
                     {"strength", strength},
                     {"weight", rows_of(fit.weights.weight)},
                     {"bias", rows_of(fit.weights.bias.unsqueeze(0))[0]}});
  }
  std::ofstream file(path);
  file << cases.dump();
  EXPECT_TRUE(file.flush()) << path;
}

}  // namespace
}  // namespace multipole

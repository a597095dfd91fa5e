// The strength that is chosen is one that helps pictures that were not seen.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>
#include <vector>

#include "tasks/probe/strength_choice.h"

namespace multipole {
namespace {

LogisticProblem problem_of(const torch::Tensor& features, const torch::Tensor& labels, int64_t classes) {
  return {features, torch::one_hot(labels, classes).to(torch::kDouble)};
}

// Every fifth sample, in turn.
std::vector<HeldOutSplit> fifths(int64_t samples) {
  std::vector<HeldOutSplit> splits;
  const auto fold_of = torch::arange(samples).div(2, "floor") % 5;
  for (int64_t i = 0; i < 5; ++i) {
    splits.push_back({(fold_of != i).nonzero().flatten(), (fold_of == i).nonzero().flatten()});
  }
  return splits;
}

// Many features of noise: the weakest strength learns them by heart. One that tells all: the weakest is best.
TEST(ChooseStrength, GoesByWhatWasNotSeen) {
  const auto labels = torch::arange(60) % 2;
  const ProbeFitConfig config;
  const auto noise = choose_strength(problem_of(torch::randn({60, 40}, torch::kDouble), labels, 2), fifths(60), config);
  EXPECT_GE(noise.strength, 0.3);
  EXPECT_LT(noise.scores.size(), config.strengths.size()) << "weaker ones are left out";
  const auto clear = labels.to(torch::kDouble).unsqueeze(1) * 2 - 1;
  const auto told = choose_strength(problem_of(clear, labels, 2), fifths(60), config);
  EXPECT_EQ(told.strength, config.strengths.back());
  EXPECT_NEAR(told.scores.back().accuracy, 1.0, 1e-12);
}

// What it says of a lone split is the loss of the samples held out, by weights that never saw them.
TEST(ChooseStrength, MeasuresALoneSplitByItsHeldOutSamples) {
  auto problem = problem_of(torch::randn({40, 3}, torch::kDouble), torch::arange(40) % 2, 2);
  const HeldOutSplit split = {torch::arange(28), torch::arange(30, 40)};  // two are in neither part
  ProbeFitConfig config;
  config.strengths = {0.1};
  const auto choice = choose_strength(problem, {split}, config);
  const auto seen = problem.select(split.seen), held_out = problem.select(split.held_out);
  const auto fit = fit_logistic(seen, 0.1, LinearWeights::zeros(2, 3), 1000);
  ASSERT_EQ(choice.scores.size(), 1);
  EXPECT_NEAR(choice.scores[0].loss, logistic_loss(held_out, fit.weights).item<double>(), 1e-3);
  problem.features.narrow(0, 28, 2).fill_(std::nan(""));
  EXPECT_EQ(choose_strength(problem, {split}, config).scores[0].loss, choice.scores[0].loss);
}

TEST(ChooseStrength, EndsWhenToldTo) {
  const std::atomic<bool> stop = true;
  const auto problem = problem_of(torch::randn({8, 2}, torch::kDouble), torch::arange(8) % 2, 2);
  EXPECT_FALSE(choose_strength(problem, fifths(8), {}, &stop).complete);
}

}  // namespace
}  // namespace multipole

// Folds are fair, and the strength that is chosen is one that helps pictures that were not seen.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>

#include "base/error.h"
#include "tasks/classification/probe/strength_choice.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

LogisticProblem problem_of(const torch::Tensor& features, const torch::Tensor& labels, int64_t classes) {
  return {features, torch::one_hot(labels, classes).to(torch::kDouble)};
}

TEST(DealFolds, SpreadsEachClassAndChangesWithTheSeed) {
  const int64_t classes = random_int(2, 5), samples = random_int(40, 90), folds = random_int(2, 6);
  const auto labels = torch::randint(0, classes, {samples}, torch::kLong);
  const auto problem = problem_of(torch::zeros({samples, 1}, torch::kDouble), labels, classes);
  const auto fold_of = deal_folds(problem, folds, 1);
  for (int64_t i = 0; i < classes; ++i) {
    const auto counts = torch::bincount(fold_of.masked_select(labels == i), {}, folds);
    EXPECT_LE((counts.max() - counts.min()).item<int64_t>(), 1);
  }
  EXPECT_TRUE(fold_of.equal(deal_folds(problem, folds, 1)));
  EXPECT_FALSE(fold_of.equal(deal_folds(problem, folds, 2)));
}

// Many features of noise: the weakest strength learns them by heart. One that tells all: the weakest is best.
TEST(ChooseStrength, GoesByWhatWasNotSeen) {
  const auto labels = torch::arange(60) % 2;
  const ProbeConfig config;
  const auto noise = choose_strength(problem_of(torch::randn({60, 40}, torch::kDouble), labels, 2), config, 3);
  EXPECT_GE(noise.strength, 0.3);
  EXPECT_LT(noise.scores.size(), config.strengths.size()) << "weaker ones are left out";
  EXPECT_EQ(noise.folds, 5);
  const auto clear = labels.to(torch::kDouble).unsqueeze(1) * 2 - 1;
  const auto told = choose_strength(problem_of(clear, labels, 2), config, 3);
  EXPECT_EQ(told.strength, config.strengths.back());
  EXPECT_NEAR(told.scores.back().accuracy, 1.0, 1e-12);
}

TEST(ChooseStrength, SmallClassesMakeFewerFolds) {
  for (const int64_t rare : {1, 3}) {
    const auto labels = torch::cat({torch::zeros({20}, torch::kLong), torch::ones({rare}, torch::kLong)});
    const auto features = torch::randn({20 + rare, 4}, torch::kDouble);
    const auto choice = choose_strength(problem_of(features, labels, 3), {}, 1);  // the third class has none
    EXPECT_EQ(choice.folds, rare == 1 ? 2 : 3);
    EXPECT_TRUE(std::isfinite(choice.scores.back().loss));
  }
}

TEST(ChooseStrength, EndsWhenToldTo) {
  const std::atomic<bool> stop = true;
  const auto problem = problem_of(torch::randn({8, 2}, torch::kDouble), torch::arange(8) % 2, 2);
  EXPECT_FALSE(choose_strength(problem, {}, 1, &stop).complete);
}

TEST(ProbeConfig, ChecksItsValues) {
  for (const char* wrong : {R"({"folds": 1})", R"({"strengths": []})", R"({"strengths": [0.1, 1]})",
                            R"({"strengths": [0]})", R"({"patience": 0})", R"({"fold": 3})"}) {
    EXPECT_THROW(config_from_json<ProbeConfig>(Json::parse(wrong), "probe"), ConfigError) << wrong;
  }
}

}  // namespace
}  // namespace multipole

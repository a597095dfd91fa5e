// Folds are fair and no more than the smallest class can fill; settings are checked.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "base/error.h"
#include "tasks/classification/probe/probe_config.h"
#include "tasks/classification/probe/probe_folds.h"
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

TEST(CrossValidation, HoldsOutEachSampleOnce) {
  const int64_t samples = random_int(20, 50);
  const auto problem = problem_of(torch::zeros({samples, 1}, torch::kDouble), torch::arange(samples) % 2, 2);
  const auto splits = cross_validation(problem, 5, 3);
  ASSERT_EQ(splits.size(), 5);
  auto times = torch::zeros({samples}, torch::kLong);
  for (const auto& split : splits) {
    times.index_add_(0, split.held_out, torch::ones_like(split.held_out));
    const auto all = torch::cat({split.seen, split.held_out});
    EXPECT_TRUE(std::get<0>(all.sort()).equal(torch::arange(samples)));
  }
  EXPECT_TRUE(times.eq(1).all().item<bool>());
}

TEST(CrossValidation, SmallClassesMakeFewerFolds) {
  for (const int64_t rare : {1, 3}) {
    const auto labels = torch::cat({torch::zeros({20}, torch::kLong), torch::ones({rare}, torch::kLong)});
    const auto features = torch::randn({20 + rare, 4}, torch::kDouble);
    const auto problem = problem_of(features, labels, 3);  // the third class has none
    const auto splits = cross_validation(problem, 5, 1);
    EXPECT_EQ(splits.size(), rare == 1 ? 2 : 3);
    const auto choice = choose_strength(problem, splits, {});
    EXPECT_TRUE(std::isfinite(choice.scores.back().loss));
  }
}

TEST(ProbeConfig, ChecksItsValues) {
  for (const char* wrong : {R"({"folds": 1})", R"({"strengths": []})", R"({"strengths": [0.1, 1]})",
                            R"({"strengths": [0]})", R"({"patience": 0})", R"({"fold": 3})"}) {
    EXPECT_THROW(config_from_json<ProbeConfig>(Json::parse(wrong), "probe"), ConfigError) << wrong;
  }
}

}  // namespace
}  // namespace multipole

// What training on several classes a picture weighs, and what it refuses.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>

#include "base/error.h"
#include "tasks/classification/classify_objective.h"
#include "tasks/classification/training/multi_label_task.h"

namespace multipole {
namespace {

TEST(MultiLabelTask, PositiveWeightsEvenOutTheAnswers) {
  // of 120 pictures: all show class 0, 30 class 1, one class 2, none class 3
  const auto sets = torch::tensor({{1.0f, 0.0f, 0.0f, 0.0f}, {1.0f, 1.0f, 0.0f, 0.0f}, {1.0f, 0.0f, 1.0f, 0.0f}});
  std::vector<int64_t> labels(89, 0);
  labels.insert(labels.end(), 30, 1);
  labels.push_back(2);
  const auto weights = balanced_positive_weights(labels, sets);
  EXPECT_TRUE(torch::allclose(weights, torch::tensor({0.02f, 3.0f, 50.0f, 1.0f}))) << weights;
}

TEST(MultiLabelTask, AutoTakesWhatFitsTheDataAndTheRestIsRefused) {
  EXPECT_EQ(resolve_objective({}, true).loss, "bce");
  EXPECT_EQ(resolve_objective({}, true).score, "map");
  EXPECT_EQ(resolve_objective({}, false).loss, "cross_entropy");
  EXPECT_EQ(resolve_objective({}, false).score, "top1");
  for (const char* loss : {"cross_entropy", "focal"}) {
    EXPECT_EQ(resolve_objective({.loss = loss}, false).loss, loss);
    EXPECT_THROW(resolve_objective({.loss = loss}, true), ConfigError) << loss;
  }
  for (const char* score : {"top1", "balanced_accuracy"}) {
    EXPECT_EQ(resolve_objective({.score = score}, false).score, score);
    EXPECT_THROW(resolve_objective({.score = score}, true), ConfigError) << score;
  }
  EXPECT_EQ(resolve_objective({.loss = "bce"}, false).loss, "bce");
  EXPECT_THROW(resolve_objective({.score = "map"}, false), ConfigError);
}

}  // namespace
}  // namespace multipole

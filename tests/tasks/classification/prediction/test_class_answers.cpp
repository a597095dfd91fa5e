// From logits to named answers.
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "engine/files/classifier_file.h"
#include "heads/metrics/answers.h"
#include "tasks/classification/prediction/class_answers.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

const std::vector<std::string> kNames = {"cat", "dog", "owl", "fox"};

ModelMetadata model_of(const std::string& task) {
  ModelMetadata metadata;
  metadata.task = task;
  metadata.classes = kNames;
  return metadata;
}

TEST(TopPredictions, AreTheMostProbableInOrder) {
  const int64_t count = random_int(1, 9);
  const auto logits = torch::randn({count, 4}) * 3;
  const double temperature = 1.7;
  const auto probabilities = (logits.to(torch::kDouble) / temperature).softmax(1);
  for (const int64_t k : {1, 3, 4, 9}) {
    const auto all = top_predictions(logits, temperature, k, kNames);
    ASSERT_EQ(static_cast<int64_t>(all.size()), count);
    for (int64_t i = 0; i < count; ++i) {
      const auto& found = all[static_cast<size_t>(i)];
      ASSERT_EQ(static_cast<int64_t>(found.size()), std::min<int64_t>(k, 4));
      for (size_t j = 0; j < found.size(); ++j) {
        EXPECT_EQ(found[j].name, kNames[static_cast<size_t>(found[j].index)]);
        EXPECT_NEAR(found[j].probability, probabilities[i][found[j].index].item<double>(), 1e-12);
        EXPECT_LE(found[j].probability, found[j > 0 ? j - 1 : 0].probability);
      }
      EXPECT_EQ(found[0].index, logits[i].argmax().item<int64_t>());
    }
  }
}

TEST(PredictionsAbove, AreEachClassOfItsOwnProbability) {
  const auto logits = torch::tensor({{2.0F, -1.0F, 0.5F, 0.0F}, {-3.0F, -4.0F, -5.0F, -6.0F}});
  const auto half = predictions_above(logits, 0.5, 4, kNames);
  ASSERT_EQ(half.size(), 2u);
  ASSERT_EQ(half[0].size(), 2u);  // exactly a half is not above it
  EXPECT_EQ(half[0][0].name, "cat");
  EXPECT_NEAR(half[0][0].probability, 1 / (1 + std::exp(-2.0)), 1e-7);
  EXPECT_EQ(half[0][1].name, "owl");
  EXPECT_TRUE(half[1].empty());
  EXPECT_EQ(predictions_above(logits, 0.0, 4, kNames)[1].size(), 4u);
  EXPECT_EQ(predictions_above(logits, 0.0, 1, kNames)[0].size(), 1u);
}

TEST(ClassAnswers, TheTaskSaysWhatIsAnswered) {
  const auto logits = torch::tensor({{2.0F, 1.0F, 0.5F, -3.0F}});
  const auto one = class_answers(logits, {}, model_of(kClassification));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].predictions.size(), 4u);
  const auto several = class_answers(logits, {}, model_of(kMultiLabelClassification));
  EXPECT_EQ(several[0].predictions.size(), 3u);
  EXPECT_EQ(class_answers(logits, {.top_k = 2}, model_of(kMultiLabelClassification))[0].predictions.size(), 2u);
  EXPECT_EQ(class_answers(logits, {.threshold = 0.7}, model_of(kMultiLabelClassification))[0].predictions.size(), 2u);
}

TEST(ClassAnswers, APictureWithoutAnAnswerHasAnErrorAndTheOthersHaveNone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto logits = torch::tensor({{1.0F, 2.0F, 3.0F, 4.0F},
                                     {1.0F, std::nanf(""), 3.0F, 4.0F},
                                     {1.0F, 2.0F, kInfinity, 4.0F},
                                     {-kInfinity, 2.0F, 3.0F, 4.0F}});
  for (const char* task : {kClassification, kMultiLabelClassification}) {
    const auto answers = class_answers(logits, {}, model_of(task));
    ASSERT_EQ(answers.size(), 4u);
    for (const size_t i : {1, 2}) {
      EXPECT_EQ(answers[i].error, kNoAnswer);
      EXPECT_TRUE(answers[i].predictions.empty());
    }
    for (const size_t i : {0, 3}) {
      EXPECT_EQ(answers[i].error, "");
      EXPECT_EQ(answers[i].predictions.at(0).name, "fox");
    }
  }
}

TEST(ClassQuestion, WhatAModelCannotBeAsked) {
  const auto one = model_of(kClassification), several = model_of(kMultiLabelClassification);
  EXPECT_NO_THROW(check_question({}, one));
  EXPECT_NO_THROW(check_question({.top_k = 1, .threshold = 0.0}, several));
  EXPECT_NO_THROW(check_question({.threshold = 1.0}, several));
  for (const int64_t k : {0, -3}) EXPECT_THROW(check_question({.top_k = k}, one), ConfigError);
  for (const double threshold : {-0.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THROW(check_question({.threshold = threshold}, several), ConfigError) << threshold;
  }
  EXPECT_THROW(check_question({.threshold = 0.5}, one), ConfigError);
}

}  // namespace
}  // namespace multipole

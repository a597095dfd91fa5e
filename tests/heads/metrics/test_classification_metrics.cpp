#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "heads/metrics/classification_metrics.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// Counts by sorting each row, sample by sample.
struct BruteForce {
  int64_t samples = 0, top1 = 0, top5 = 0;
  std::vector<std::vector<int64_t>> confusion;

  explicit BruteForce(int64_t classes) : confusion(classes, std::vector<int64_t>(classes)) {}

  void update(const torch::Tensor& logits, const torch::Tensor& labels) {
    for (int64_t i = 0; i < logits.size(0); ++i) {
      std::vector<int64_t> order(confusion.size());
      std::iota(order.begin(), order.end(), 0);
      const auto row = logits[i];
      std::sort(order.begin(), order.end(),
                [&](int64_t a, int64_t b) { return row[a].item<float>() > row[b].item<float>(); });
      const auto label = labels[i].item<int64_t>();
      ++samples;
      top1 += order[0] == label;
      top5 += std::find(order.begin(), order.begin() + std::min<int64_t>(5, order.size()), label) !=
              order.begin() + std::min<int64_t>(5, order.size());
      ++confusion[label][order[0]];
    }
  }
};

TEST(ClassificationMetrics, StreamsToWhatBruteForceCounts) {
  for (const int64_t classes : {int64_t{2}, int64_t{5}, random_int(6, 15)}) {
    ClassificationMetrics metrics(classes);
    BruteForce expected(classes);
    for (int batch = 0; batch < 4; ++batch) {
      const int64_t size = random_int(1, 20);
      const auto logits = torch::randn({size, classes});
      const auto labels = torch::randint(classes, {size}, torch::kLong);
      metrics.update(logits, labels);
      expected.update(logits, labels);
    }
    EXPECT_EQ(metrics.samples(), expected.samples);
    EXPECT_DOUBLE_EQ(metrics.top1(), static_cast<double>(expected.top1) / expected.samples);
    EXPECT_DOUBLE_EQ(metrics.top5(), static_cast<double>(expected.top5) / expected.samples);
    const auto per_class = metrics.per_class_accuracy();
    for (int64_t i = 0; i < classes; ++i) {
      int64_t row = 0;
      for (int64_t j = 0; j < classes; ++j) {
        EXPECT_EQ(metrics.confusion_matrix()[i][j].item<int64_t>(), expected.confusion[i][j]);
        row += expected.confusion[i][j];
      }
      if (row == 0) {
        EXPECT_TRUE(std::isnan(per_class[i]));
      } else {
        EXPECT_DOUBLE_EQ(per_class[i], static_cast<double>(expected.confusion[i][i]) / row);
      }
    }
  }
}

TEST(ClassificationMetrics, NonFiniteLogitsAreWrongNotRight) {
  ClassificationMetrics metrics(3);
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  metrics.update(torch::tensor({{nan, nan, nan}, {0.f, 1.f, 0.f}}), torch::tensor({0, 1}));
  EXPECT_DOUBLE_EQ(metrics.top1(), 0.5);
  EXPECT_DOUBLE_EQ(metrics.top5(), 0.5);
  EXPECT_EQ(metrics.confusion_matrix().sum().item<int64_t>(), 1);
  EXPECT_DOUBLE_EQ(metrics.per_class_accuracy()[0], 0.0);
}

TEST(ClassificationMetrics, NothingSeenIsNotANumberAndNullInJson) {
  const ClassificationMetrics metrics(2);
  EXPECT_TRUE(std::isnan(metrics.top1()));
  const auto json = metrics.to_json({"cat", "dog"});
  EXPECT_EQ(json["samples"], 0);
  EXPECT_TRUE(json["top1"].is_null());
  EXPECT_TRUE(json["per_class"][1]["accuracy"].is_null());
}

TEST(ClassificationMetrics, JsonNamesTheClasses) {
  ClassificationMetrics metrics(2);
  metrics.update(torch::tensor({{2.f, 1.f}, {2.f, 1.f}, {0.f, 1.f}}), torch::tensor({0, 1, 1}));
  const auto json = metrics.to_json({"cat", "dog"});
  EXPECT_EQ(json["per_class"][1]["class"], "dog");
  EXPECT_EQ(json["per_class"][1]["samples"], 2);
  EXPECT_DOUBLE_EQ(json["per_class"][1]["accuracy"].get<double>(), 0.5);
  EXPECT_EQ(json["confusion_matrix"], Json::parse("[[1, 0], [1, 1]]"));
}

TEST(ClassificationMetrics, WrongShapesAreErrors) {
  ClassificationMetrics metrics(3);
  EXPECT_THROW(metrics.update(torch::zeros({2, 4}), torch::tensor({0, 1})), c10::Error);
  EXPECT_THROW(metrics.update(torch::zeros({2, 3}), torch::tensor({0})), c10::Error);
}

TEST(ClassificationMetrics, CountsOfSeveralProcessesAddUp) {
  const int64_t classes = 7;
  const torch::Tensor logits = torch::randn({30, classes}), labels = torch::randint(classes, {30});
  ClassificationMetrics whole(classes), first(classes), second(classes);
  whole.update(logits, labels);
  first.update(logits.narrow(0, 0, 11), labels.narrow(0, 0, 11));
  second.update(logits.narrow(0, 11, 19), labels.narrow(0, 11, 19));
  std::vector<torch::Tensor> counts;
  second.sum_over([&](torch::Tensor& tensor) { counts.push_back(tensor.clone()); });
  auto next = counts.begin();
  first.sum_over([&](torch::Tensor& tensor) { tensor += *next++; });
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g"};
  EXPECT_EQ(first.to_json(names), whole.to_json(names));
}

}  // namespace
}  // namespace multipole

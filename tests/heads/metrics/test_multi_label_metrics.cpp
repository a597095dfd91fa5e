// Average precision and F1 against their definitions, threshold by threshold and decision by decision.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "heads/metrics/multi_label_metrics.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// The sum over all distinct scores of the gain in recall times the precision there.
double slow_average_precision(const torch::Tensor& scores, const torch::Tensor& truth) {
  std::set<float, std::greater<>> thresholds;
  for (int64_t i = 0; i < scores.numel(); ++i) thresholds.insert(scores[i].item<float>());
  const double positives = truth.sum().item<double>();
  double sum = 0, recall_before = 0;
  for (const float threshold : thresholds) {
    const auto taken = scores >= threshold;
    const double right = (taken & truth).sum().item<double>();
    sum += (right / positives - recall_before) * right / taken.sum().item<double>();
    recall_before = right / positives;
  }
  return sum;
}

torch::Tensor random_truth(int64_t samples) {
  auto truth = torch::rand({samples}) < 0.3;
  truth[random_int(0, samples - 1)] = true;
  return truth;
}

TEST(AveragePrecision, IsTheDefinition) {
  for (int round = 0; round < 10; ++round) {
    const int64_t samples = random_int(1, 60);
    const auto truth = random_truth(samples);
    const auto scores = torch::randn({samples});
    EXPECT_NEAR(average_precision(scores, truth), slow_average_precision(scores, truth), 1e-12);
    const auto tied = torch::randint(4, {samples}).to(torch::kFloat);
    EXPECT_NEAR(average_precision(tied, truth), slow_average_precision(tied, truth), 1e-12) << "with ties";
  }
}

TEST(AveragePrecision, KnownRankings) {
  const auto of = [](std::vector<float> scores, const std::vector<int64_t>& truth) {
    return average_precision(torch::tensor(scores), torch::tensor(truth));
  };
  EXPECT_DOUBLE_EQ(of({4, 3, 2, 1}, {1, 1, 0, 0}), 1.0);
  EXPECT_DOUBLE_EQ(of({4, 3, 2, 1}, {0, 1, 0, 1}), (1.0 / 2 + 2.0 / 4) / 2);
  EXPECT_DOUBLE_EQ(of({1, 1, 1, 1}, {0, 1, 0, 0}), 0.25) << "all equal: the share of positives, whatever the order";
  EXPECT_TRUE(std::isnan(of({2, 1}, {0, 0})));
  EXPECT_TRUE(std::isnan(of({}, {})));
}

TEST(MultiLabelMetrics, StreamsToWhatEveryDecisionCounts) {
  const int64_t classes = random_int(2, 6);
  for (const double threshold : {0.5, 0.2}) {
    MultiLabelMetrics metrics(classes, threshold);
    std::vector<torch::Tensor> all_logits, all_truth;
    for (int batch = 0; batch < 4; ++batch) {
      const int64_t size = random_int(1, 15);
      all_logits.push_back(torch::randn({size, classes}));
      all_truth.push_back(torch::rand({size, classes}) < 0.4);
      metrics.update(all_logits.back(), all_truth.back().to(torch::kFloat));
    }
    const auto logits = torch::cat(all_logits), truth = torch::cat(all_truth);
    EXPECT_EQ(metrics.samples(), logits.size(0));
    double map = 0, macro = 0, right_sum = 0, wrong_sum = 0;
    int64_t shown = 0;
    const Json rows = metrics.to_json(std::vector<std::string>(classes, "c"))["per_class"];
    for (int64_t c = 0; c < classes; ++c) {
      double right = 0, false_alarm = 0, missed = 0;
      for (int64_t i = 0; i < logits.size(0); ++i) {
        const bool answered = 1 / (1 + std::exp(-logits[i][c].item<double>())) > threshold;
        const bool is_shown = truth[i][c].item<bool>();
        right += answered && is_shown;
        false_alarm += answered && !is_shown;
        missed += !answered && is_shown;
      }
      right_sum += right;
      wrong_sum += false_alarm + missed;
      EXPECT_EQ(rows[c]["samples"], right + missed);
      if (right + missed == 0) continue;
      ++shown;
      map += slow_average_precision(logits.select(1, c), truth.select(1, c));
      macro += 2 * right / (2 * right + false_alarm + missed);
      EXPECT_NEAR(rows[c]["recall"].get<double>(), right / (right + missed), 1e-12);
      if (right + false_alarm > 0) {
        EXPECT_NEAR(rows[c]["precision"].get<double>(), right / (right + false_alarm), 1e-12);
      }
    }
    EXPECT_NEAR(metrics.mean_average_precision(), map / static_cast<double>(shown), 1e-12);
    EXPECT_NEAR(metrics.macro_f1(), macro / static_cast<double>(shown), 1e-12);
    EXPECT_NEAR(metrics.micro_f1(), 2 * right_sum / (2 * right_sum + wrong_sum), 1e-12);
  }
}

TEST(MultiLabelMetrics, AClassThatNobodyShowsIsLeftOut) {
  MultiLabelMetrics metrics(3);
  metrics.update(torch::tensor({{2.0f, 1.0f, -1.0f}, {-2.0f, 3.0f, -1.0f}}),
                 torch::tensor({{1.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f}}));
  EXPECT_EQ(metrics.mean_average_precision(), 1.0);
  EXPECT_EQ(metrics.macro_f1(), 1.0);
  EXPECT_DOUBLE_EQ(metrics.micro_f1(), 2.0 / 4) << "the false alarms of the second class count here";
  const Json rows = metrics.to_json({"a", "b", "c"})["per_class"];
  EXPECT_TRUE(rows[1]["ap"].is_null());
  EXPECT_TRUE(rows[1]["recall"].is_null());
  EXPECT_EQ(rows[1]["precision"], 0.0);
  EXPECT_TRUE(rows[2]["precision"].is_null()) << "never answered";
  EXPECT_TRUE(std::isnan(MultiLabelMetrics(2).mean_average_precision()));
  EXPECT_TRUE(std::isnan(MultiLabelMetrics(2).micro_f1()));
}

TEST(MultiLabelMetrics, ALogitThatIsNotFiniteRanksLast) {
  MultiLabelMetrics metrics(1);
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  metrics.update(torch::tensor({{nan}, {-5.0f}, {inf}}), torch::tensor({{1.0f}, {0.0f}, {0.0f}}));
  EXPECT_DOUBLE_EQ(metrics.mean_average_precision(), 1.0 / 3);
  EXPECT_EQ(metrics.to_json({"a"})["per_class"][0]["recall"], 0.0);
}

// The processes take turns here: what each adds to a sum is kept until all have been asked.
TEST(MultiLabelMetrics, ProcessesTogetherKnowWhatOneWould) {
  const int64_t classes = random_int(1, 4), num_processes = 3;
  MultiLabelMetrics whole(classes);
  std::vector<MultiLabelMetrics> parts;
  for (int64_t rank = 0; rank < num_processes; ++rank) {
    parts.emplace_back(classes);
    if (rank == 1) continue;  // one has nothing to measure
    const auto logits = torch::randint(5, {random_int(1, 12), classes}).to(torch::kFloat) - 2;
    const auto truth = (torch::rand(logits.sizes()) < 0.5).to(torch::kFloat);
    parts.back().update(logits, truth);
    whole.update(logits, truth);
  }
  // the n-th sum of every process needs the n-1-th of all: ask all of them again, each time one sum further
  std::vector<torch::Tensor> sums;
  for (size_t known = 0; known < 6; ++known) {
    torch::Tensor sum;
    for (int64_t rank = 0; rank < num_processes; ++rank) {
      size_t call = 0;
      MultiLabelMetrics copy = parts[rank];
      copy.gather(rank, num_processes, [&](torch::Tensor& tensor) {
        if (call == known) sum = sum.defined() ? sum + tensor : tensor.clone();
        tensor = call < known ? sums[call].clone() : tensor;
        ++call;
      });
      EXPECT_EQ(call, 6u);
    }
    sums.push_back(sum);
  }
  size_t call = 0;
  parts[1].gather(1, num_processes, [&](torch::Tensor& tensor) { tensor.copy_(sums[call++]); });
  const std::vector<std::string> names(classes, "c");
  EXPECT_EQ(parts[1].to_json(names), whole.to_json(names));
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "heads/metrics/boundary_score.h"
#include "heads/metrics/segmentation_metrics.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

torch::Tensor random_labels(int64_t classes, std::vector<int64_t> sizes, bool with_ignored) {
  auto labels = torch::randint(classes, sizes, torch::kByte);
  if (with_ignored) labels.masked_fill_(torch::rand(sizes).lt(0.2), 255);
  return labels;
}

// Sets of pixels counted one by one for one class.
struct PixelBruteForce {
  double both = 0, labelled = 0, predicted = 0;
  PixelBruteForce(const torch::Tensor& predictions, const torch::Tensor& labels, int64_t label) {
    const auto p = predictions.flatten(), t = labels.flatten();
    for (int64_t i = 0; i < t.numel(); ++i) {
      const auto truth = t[i].item<int64_t>(), taken = p[i].item<int64_t>();
      if (truth == 255) continue;
      labelled += truth == label;
      predicted += taken == label;
      both += truth == label && taken == label;
    }
  }
};

TEST(SegmentationMetrics, StreamsToWhatBruteForceCounts) {
  const int64_t classes = random_int(2, 7);
  SegmentationMetrics metrics(classes);
  std::vector<torch::Tensor> all_predictions, all_labels;
  for (int batch = 0; batch < 3; ++batch) {
    const std::vector<int64_t> sizes = {random_int(1, 3), random_int(1, 9), random_int(1, 9)};
    all_predictions.push_back(random_labels(classes, sizes, false).flatten());
    all_labels.push_back(random_labels(classes, sizes, true).flatten());
    metrics.update(all_predictions.back().view(sizes), all_labels.back().view(sizes));
  }
  const auto predictions = torch::cat(all_predictions), labels = torch::cat(all_labels);
  EXPECT_EQ(metrics.pixels(), labels.ne(255).sum().item<int64_t>());
  for (int64_t i = 0; i < classes; ++i) {
    const PixelBruteForce counts(predictions, labels, i);
    const double united = counts.labelled + counts.predicted - counts.both;
    if (united == 0) {
      EXPECT_TRUE(std::isnan(metrics.iou()[i]));
      continue;
    }
    EXPECT_DOUBLE_EQ(metrics.iou()[i], counts.both / united);
    EXPECT_DOUBLE_EQ(metrics.dice()[i], 2 * counts.both / (counts.labelled + counts.predicted));
    if (counts.labelled > 0) {
      EXPECT_DOUBLE_EQ(metrics.accuracy()[i], counts.both / counts.labelled);
    }
  }
}

// What check_segmentation_metrics.py compares with scikit-learn, where MULTIPOLE_METRIC_CASES names a file.
TEST(SegmentationMetrics, CasesForAnotherImplementation) {
  const char* path = std::getenv("MULTIPOLE_METRIC_CASES");
  if (path == nullptr) GTEST_SKIP() << "MULTIPOLE_METRIC_CASES names no file";
  Json cases = Json::array();
  for (int number = 0; number < 20; ++number) {
    const int64_t classes = random_int(2, 9);
    const std::vector<int64_t> sizes = {random_int(1, 12), random_int(1, 12)};
    const auto predictions = random_labels(classes, sizes, false);
    auto labels = random_labels(classes, sizes, true);
    labels[0][0] = 0;
    SegmentationMetrics metrics(classes);
    metrics.update(predictions, labels);
    const auto list = [](const torch::Tensor& map) {
      const auto values = map.flatten().to(torch::kLong).contiguous();
      return std::vector<int64_t>(values.data_ptr<int64_t>(), values.data_ptr<int64_t>() + values.numel());
    };
    std::vector<std::string> names;
    for (int64_t i = 0; i < classes; ++i) names.push_back(std::to_string(i));
    cases.push_back({{"predictions", list(predictions)}, {"labels", list(labels)}, {"result", metrics.to_json(names)}});
  }
  std::ofstream(path) << cases.dump();
}

TEST(SegmentationMetrics, AbsentClassesAreNoNumberAndLeftOutOfMeans) {
  SegmentationMetrics metrics(3);
  metrics.update(torch::tensor({0, 0, 1}), torch::tensor({0, 1, 1}));
  EXPECT_TRUE(std::isnan(metrics.iou()[2]));
  EXPECT_DOUBLE_EQ(metrics.mean_iou(), 0.5);
  EXPECT_TRUE(metrics.to_json({"a", "b", "c"})["per_class"][2]["iou"].is_null());
  // once predicted it is present, and wrong
  metrics.update(torch::tensor({2}), torch::tensor({0}));
  EXPECT_DOUBLE_EQ(metrics.iou()[2], 0.0);
  EXPECT_TRUE(std::isnan(metrics.accuracy()[2]));
  EXPECT_TRUE(std::isnan(SegmentationMetrics(4).mean_iou()));
}

TEST(SegmentationMetrics, OneLabelledClassHasNoMeanOverClasses) {
  SegmentationMetrics metrics(2);
  metrics.update(torch::tensor({0, 0}), torch::tensor({0, 255}));
  for (const double mean : {metrics.mean_iou(), metrics.mean_accuracy(), metrics.mean_dice()}) {
    EXPECT_TRUE(std::isnan(mean)) << mean;
  }
  EXPECT_EQ(metrics.num_labelled_classes(), 1);
  EXPECT_DOUBLE_EQ(metrics.pixel_accuracy(), 1.0);
  EXPECT_DOUBLE_EQ(metrics.iou()[0], 1.0);
  metrics.update(torch::tensor({0}), torch::tensor({1}));
  EXPECT_DOUBLE_EQ(metrics.mean_iou(), 0.25);
}

TEST(SegmentationMetrics, PredictionsOfNoClassAreWrongAndOtherLabelsRefused) {
  SegmentationMetrics metrics(2);
  metrics.update(torch::tensor({255, 1}), torch::tensor({0, 1}));
  EXPECT_DOUBLE_EQ(metrics.pixel_accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(metrics.accuracy()[0], 0.0);
  EXPECT_THROW(metrics.update(torch::tensor({0}), torch::tensor({2})), c10::Error);
  EXPECT_THROW(metrics.update(torch::tensor({0}), torch::tensor({0, 1})), c10::Error);
}

TEST(BoundaryScore, DistancesAreThoseOfBruteForce) {
  const int64_t height = random_int(1, 13), width = random_int(1, 13);
  const auto set = torch::rand({height, width}).lt(0.15);
  const auto distances = squared_distance(set);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      double nearest = std::numeric_limits<double>::infinity();
      for (int64_t v = 0; v < height; ++v) {
        for (int64_t u = 0; u < width; ++u) {
          if (!set[v][u].item<bool>()) continue;
          nearest = std::min(nearest, static_cast<double>((y - v) * (y - v) + (x - u) * (x - u)));
        }
      }
      EXPECT_EQ(distances[y][x].item<double>(), nearest) << y << ", " << x;
    }
  }
}

TEST(BoundaryScore, ForgivesWhatTheToleranceSpansAndNoMore) {
  // two halves of a 40 x 40 picture; the tolerance is 2 of its diagonal of 56.6 pixels
  const auto halves = [](int64_t column) {
    auto labels = torch::zeros({40, 40}, torch::kByte);
    labels.narrow(1, column, 40 - column).fill_(1);
    return labels;
  };
  const auto score = [&](int64_t column) {
    BoundaryScore boundary(3, 2 / std::sqrt(2.0 * 40 * 40));
    boundary.update(halves(column), halves(20));
    EXPECT_TRUE(std::isnan(boundary.per_class()[2]));
    return boundary.mean();
  };
  EXPECT_DOUBLE_EQ(score(20), 1.0);
  EXPECT_DOUBLE_EQ(score(22), 1.0);
  EXPECT_DOUBLE_EQ(score(23), 0.0);
}

TEST(BoundaryScore, RegionsThatFillThePicture) {
  BoundaryScore boundary(2);
  const auto whole = torch::zeros({5, 7}, torch::kByte);
  boundary.update(whole, whole);
  EXPECT_DOUBLE_EQ(boundary.mean(), 1.0);
  boundary.update(torch::ones_like(whole), whole);
  EXPECT_DOUBLE_EQ(boundary.per_class()[0], 0.5);
  EXPECT_DOUBLE_EQ(boundary.per_class()[1], 0.0);
}

}  // namespace
}  // namespace multipole

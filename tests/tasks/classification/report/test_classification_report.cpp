#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include "tasks/classification/report/classification_report.h"

namespace multipole {
namespace {

ClassifierOutputs outputs_of(const torch::Tensor& logits, const std::vector<int64_t>& labels) {
  ClassifierOutputs outputs;
  outputs.logits = logits;
  outputs.labels = torch::tensor(labels, torch::kLong);
  for (size_t i = 0; i < labels.size(); ++i) {
    outputs.paths.push_back(std::to_string(i) + ".png");
    outputs.indices.push_back(static_cast<int64_t>(i));
  }
  return outputs;
}

// Rows that are no numbers are wrong answers, the worst of all, and nothing that calibration could learn from.
TEST(ReportWithoutNumbers, RowsWithoutNumbersAreWrongAndNotCalibrated) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const auto good = torch::tensor({{2.0F, 0.0F}, {0.5F, 1.0F}, {3.0F, 1.0F}});
  const auto bad = torch::tensor({{nan, nan}, {infinity, 0.0F}, {0.0F, nan}});
  const std::vector<std::string> classes = {"cat", "dog"};
  const Json clean = classification_report(outputs_of(good, {0, 0, 0}), classes);
  const Json mixed = classification_report(outputs_of(torch::cat({bad, good}), {0, 0, 1, 0, 0, 0}), classes);
  EXPECT_EQ(mixed["metrics"]["top1"].get<double>(), 2.0 / 6);
  EXPECT_TRUE(mixed["metrics"]["loss"].is_null()) << mixed["metrics"];
  for (const char* key : {"temperature", "ece", "ece_uncalibrated", "bins"}) {
    EXPECT_EQ(mixed["calibration"][key], clean["calibration"][key]) << key;
  }
  const Json& worst = mixed["mistakes"]["worst"];
  ASSERT_EQ(worst.size(), 4u) << worst;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(worst[i]["index"], i) << worst;
    EXPECT_EQ(worst[i]["predicted"], "(none)");
  }
  EXPECT_EQ(worst[3]["predicted"], "dog");
  EXPECT_EQ(mixed["mistakes"]["confident"][0]["index"], 4) << "what is no number is sure of nothing";
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tasks/comparison/fold_summary.h"

namespace multipole {
namespace {

Json report_of(const std::string& run, double top1, const Json& loss) {
  return {{"task", "classification"},
          {"run", run},
          {"metrics", {{"top1", top1}, {"balanced_accuracy", top1 / 2}, {"macro_f1", 0.5}, {"loss", loss}}},
          {"calibration", {{"ece", 0.1}}}};
}

TEST(FoldSummary, MeanAndDeviationOfTheSample) {
  const std::vector<Json> reports = {report_of("fold_1", 0.5, 1.0), report_of("fold_2", 0.7, nullptr),
                                     report_of("fold_3", 0.9, 3.0)};
  const Json summary = fold_summary(reports);
  EXPECT_EQ(summary["folds"], 3);
  EXPECT_EQ(summary["runs"][1], "fold_2");
  EXPECT_NEAR(summary["scores"]["top1"]["mean"].get<double>(), 0.7, 1e-12);
  EXPECT_NEAR(summary["scores"]["top1"]["deviation"].get<double>(), 0.2, 1e-12);
  EXPECT_NEAR(summary["scores"]["loss"]["mean"].get<double>(), 2, 1e-12) << "of those that have one";
  EXPECT_NEAR(summary["scores"]["loss"]["deviation"].get<double>(), std::sqrt(2), 1e-12);
  EXPECT_TRUE(summary["scores"]["loss"]["values"][1].is_null());
  const std::string text = text_fold_summary(reports);
  EXPECT_NE(text.find("mean       70.00%"), std::string::npos) << text;
  EXPECT_NE(text.find("deviation  20.00%"), std::string::npos) << text;
}

TEST(FoldSummary, OneFoldHasNoDeviation) {
  EXPECT_TRUE(fold_summary({report_of("fold_1", 0.5, 1.0)})["scores"]["top1"]["deviation"].is_null());
}

}  // namespace
}  // namespace multipole

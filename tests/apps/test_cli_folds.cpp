// Cross-validation and the learning-rate range test by the command.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

class Folds : public ::testing::Test {
 protected:
  Folds() { EXPECT_EQ(test::draw_small_data(data()).exit_code, 0); }

  std::string data() const { return (folder_ / "data").string(); }
  test::ProcessResult train(const std::string& out, const Words& more) const {
    return run_multipole(test::small_training(data(), (folder_ / out).string(), more));
  }

  test::TemporaryFolder folder_;
};

TEST_F(Folds, AllAreTrainedSummedUpAndLeftAloneTheSecondTime) {
  const Words three = {"--folds", "3", "--epochs", "1", "--recipe", "auto"};
  const auto first = train("run", three);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("fold_3"), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("deviation"), std::string::npos) << first.out;
  const Json summary = read_json_file(folder_ / "run/folds.json");
  EXPECT_EQ(summary["folds"], 3);
  EXPECT_EQ(summary["scores"]["top1"]["values"].size(), 3u);
  std::set<std::string> parts;
  int64_t validated = 0;
  for (int fold = 1; fold <= 3; ++fold) {
    const Json report = read_json_file(folder_ / "run" / ("fold_" + std::to_string(fold)) / "report.json");
    EXPECT_EQ(report["config"]["data"]["fold"], fold);
    parts.insert(report["data"]["validation"]["hash"].get<std::string>());
    validated += report["data"]["validation"]["samples"].get<int64_t>();
  }
  EXPECT_EQ(parts.size(), 3u);
  EXPECT_EQ(validated, 64) << "each of the 48 + 16 pictures once";

  const auto second = train("run", three);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.out, first.out);

  // a model knows its fold, so that it is measured on what it has not seen
  const auto measured =
      run_multipole({"classify", "eval", "--model", (folder_ / "run/fold_2/best.safetensors").string(), "--data",
                     data(), "--json", "-"});
  EXPECT_EQ(parse_json(measured.out, "stdout")["samples"],
            read_json_file(folder_ / "run/fold_2/report.json")["metrics"]["samples"]);
}

TEST_F(Folds, AreThoseOfDataSplit) {
  ASSERT_EQ(train("one", {"--fold", "2/4", "--epochs", "1"}).exit_code, 0);
  ASSERT_EQ(run_multipole({"data", "split", data(), "--folds", "4", "--out", (folder_ / "lists").string()}).exit_code,
            0);
  const auto listed =
      run_multipole(test::small_training((folder_ / "lists/fold2.csv").string(), (folder_ / "list_run").string(),
                                         {"--epochs", "1", "--data-root", data()}));
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  const auto numbers = [&](const char* run) {
    const Json report = read_json_file(folder_ / run / "report.json");
    return Json{report["metrics"], report["confusion_matrix"], report["data"]["validation"]["samples"]};
  };
  EXPECT_EQ(numbers("one"), numbers("list_run"));
}

TEST_F(Folds, WhatCannotBeIsRefusedInOneLine) {
  for (const Words& words : {Words{"--fold", "5/4"}, Words{"--fold", "two"}, Words{"--folds", "1"},
                             Words{"--folds", "2", "--fold", "1/2"}, Words{"--folds", "900"}}) {
    const auto refused = train("refused", words);
    EXPECT_EQ(refused.exit_code, 2) << words.back() << ": " << refused.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "refused/fold_1/last"));
  }
}

TEST_F(Folds, RangeTestSuggestsARateAndLeavesNoRun) {
  const auto tested = train("range", {"--lr-range-test"});
  ASSERT_EQ(tested.exit_code, 0) << tested.err;
  const Json range = read_json_file(folder_ / "range/lr_range_test.json");
  ASSERT_GT(range["points"].size(), 20u);
  double before = 0;
  for (const auto& point : range["points"]) {
    EXPECT_GT(point["lr"].get<double>(), before);
    before = point["lr"].get<double>();
  }
  ASSERT_TRUE(range["suggested"].is_number()) << tested.out;
  EXPECT_LT(range["suggested"].get<double>(), 1.0);
  EXPECT_NE(tested.out.find("train.optimizer.lr="), std::string::npos) << tested.out;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "range/lr_range_test.html"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "range/config.json"));
}

}  // namespace
}  // namespace multipole

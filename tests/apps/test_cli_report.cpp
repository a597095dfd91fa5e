// The report of a trained classifier against what the stored model says when it is asked.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/report/calibration.h"
#include "engine/report/page.h"
#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

class Report : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    ASSERT_EQ(test::draw_small_data(path("data")).exit_code, 0);
    const auto trained = run_multipole(test::small_training(path("data"), path("run"), {"--epochs", "1"}));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string path(const std::string& name) { return (*folder_ / name).string(); }

  // Probabilities of the classes by the picture's path, as the command gives them.
  static std::map<std::string, std::map<std::string, double>> answers() {
    const auto result =
        run_multipole({"classify", "predict", "--model", path("run/best.safetensors"), "--device", "cpu", "--precision",
                       "float32", "--format", "json", "--top-k", "2", path("data/val")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::map<std::string, std::map<std::string, double>> answers;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      const Json json = parse_json(line, "predict");
      for (const auto& one : json["predictions"]) {
        answers[json["path"]][one["class"]] = one["probability"].get<double>();
      }
    }
    return answers;
  }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Report::folder_ = nullptr;

TEST_F(Report, ItsProbabilitiesAreThoseOfPredict) {
  const Json report = read_json_file(path("run/report.json"));
  const std::string html = test::read_text(path("run/report.html"));
  const auto predicted = answers();
  ASSERT_EQ(predicted.size(), 16u);
  EXPECT_GT(std::abs(report["calibration"]["temperature"].get<double>() - 1), 0.1) << "a run that shows nothing";
  for (const char* list : {"worst", "confident"}) {
    ASSERT_FALSE(report["mistakes"][list].empty()) << "a run that shows nothing";
    for (const auto& mistake : report["mistakes"][list]) {
      const auto& answer = predicted.at(mistake["path"].get<std::string>());
      const double sure = answer.at(mistake["predicted"]), right = answer.at(mistake["class"]);
      EXPECT_NEAR(mistake["probability"].get<double>(), sure, 1e-4) << list << ": " << mistake;
      EXPECT_NEAR(mistake["probability_of_class"].get<double>(), right, 1e-4) << list << ": " << mistake;
      EXPECT_NE(html.find(percent_text(mistake["probability"].get<double>(), 0) + " sure"), std::string::npos);
    }
  }
}

TEST_F(Report, ItsCalibrationErrorIsTheStoredModels) {
  const auto predicted = answers();
  std::vector<double> probabilities;
  std::vector<int64_t> labels;
  std::vector<std::string> classes;
  for (const auto& [name, probability] : predicted.begin()->second) classes.push_back(name);
  for (const auto& [picture, answer] : predicted) {
    for (const auto& name : classes) probabilities.push_back(answer.at(name));
    labels.push_back(std::filesystem::path(picture).parent_path().filename() == classes[0] ? 0 : 1);
  }
  const auto table = torch::tensor(probabilities, torch::kDouble).view({-1, 2});
  const double error = expected_calibration_error(reliability_bins(table, torch::tensor(labels, torch::kLong)));

  const Json calibration = read_json_file(path("run/report.json"))["calibration"];
  EXPECT_NEAR(calibration["ece"].get<double>(), error, 1e-4) << calibration;
  EXPECT_TRUE(calibration.contains("ece_uncalibrated")) << calibration;
  const std::string html = test::read_text(path("run/report.html"));
  EXPECT_NE(html.find("<strong>" + percent_text(error) + "</strong>calibration error"), std::string::npos) << error;
  const auto table_of_runs = run_multipole({"report", path("run")});
  EXPECT_NE(table_of_runs.out.find(percent_text(error, 2)), std::string::npos) << table_of_runs.out << error;
}

// A report of before held the uncalibrated error under "ece".
TEST_F(Report, AnOlderReportIsReadForWhatItMeant) {
  Json report = read_json_file(path("run/report.json"));
  report["calibration"] = {{"temperature", 2.0},     {"ece", 0.5},           {"ece_calibrated", 0.0125}, {"loss", 3.0},
                           {"loss_calibrated", 1.0}, {"bins", Json::array()}};
  std::filesystem::create_directory(path("older"));
  test::write_text(std::filesystem::path(path("older")) / "report.json", report.dump());
  const auto result = run_multipole({"report", path("older")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("1.25%"), std::string::npos) << result.out;
}

}  // namespace
}  // namespace multipole

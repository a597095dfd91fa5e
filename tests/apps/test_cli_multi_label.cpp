// Pictures of several classes, from the manifest to the answers, by the command. What a picture shows is drawn as
// squares of its classes' colours.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/formats/csv.h"
#include "datasets/formats/label_set.h"
#include "datasets/pictures/image_encode.h"
#include "engine/files/classifier_file.h"
#include "tests/support/process.h"
#include "tests/support/small_training.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

const Words kColours = {"blue", "green", "red"};
constexpr int64_t kTrain = 192, kVal = 48, kSide = 32, kSquare = 15;

std::string file_name(int64_t index) { return std::string("p").append(std::to_string(index)).append(".png"); }

// A row of a manifest.
std::string row_of(int64_t index, const std::string& label, bool in_train) {
  std::ostringstream row;
  row << file_name(index) << "," << label << "," << (in_train ? "train" : "val") << "\n";
  return row.str();
}

class MultiLabel : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    std::mt19937 random(5);
    std::string rows = "path,labels,split\n";
    for (int64_t i = 0; i < kTrain + kVal; ++i) {
      torch::Tensor image = torch::randint(40, 90, {kSide, kSide, 3}, torch::kByte);
      Words shown;
      for (size_t colour = 0; colour < kColours.size(); ++colour) {
        if (random() % 5 >= 2) continue;
        shown.push_back(kColours[colour]);
        const auto top = static_cast<int64_t>(random() % (kSide - kSquare));
        const auto left = static_cast<int64_t>(random() % (kSide - kSquare));
        const auto square = image.slice(0, top, top + kSquare).slice(1, left, left + kSquare);
        square.zero_();
        square.select(2, 2 - static_cast<int64_t>(colour)).fill_(255);
      }
      write_bytes(*folder_ / file_name(i), encode_png(image));
      rows += row_of(i, label_set_of(shown), i < kTrain);
    }
    test::write_text(*folder_ / "labels.csv", rows);
    trained_ =
        train("run", {"--epochs", "12", "--set", "augmentation.mix.mixup_alpha=0.1", "--set", "train.ema.decay=0.8",
                      "--set", "train.optimizer={\"type\":\"muon\",\"lr\":0.005}", "--set", "train.label_smoothing=0"});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string at(const std::string& name) { return (*folder_ / name).string(); }
  static test::ProcessResult train(const std::string& out, const Words& more, const std::string& data = "labels.csv") {
    return run_multipole(test::small_training(at(data), at(out), more));
  }
  static std::string model() { return at("run/best.safetensors"); }

  inline static test::TemporaryFolder* folder_ = nullptr;
  inline static test::ProcessResult trained_;
};

TEST_F(MultiLabel, LearnsAndReports) {
  ASSERT_EQ(trained_.exit_code, 0) << trained_.err;
  EXPECT_NE(trained_.out.find("best mAP "), std::string::npos) << trained_.out;
  EXPECT_NE(trained_.err.find("192 pictures of 3 classes, any number of them in a picture"), std::string::npos)
      << trained_.err;
  const Json report = read_json_file(*folder_ / "run/report.json");
  EXPECT_EQ(report["task"], kMultiLabelClassification);
  EXPECT_GT(report["metrics"]["map"], 0.8) << "chance is 0.4";
  EXPECT_GT(report["metrics"]["micro_f1"], 0.6);
  ASSERT_EQ(report["per_class"].size(), 3u);
  EXPECT_EQ(report["per_class"][2]["class"], "red");
  EXPECT_FALSE(report.contains("confusion_matrix"));
  EXPECT_FALSE(report.contains("calibration"));
  EXPECT_EQ(report["config"]["objective"]["loss"], "bce");
  EXPECT_EQ(report["curves"].back()["samples"], kVal);
  const std::string html = test::read_text(*folder_ / "run/report.html");
  EXPECT_NE(html.find("average precision"), std::string::npos);
  EXPECT_EQ(html.find("confusion"), std::string::npos);
  const auto metadata = read_model_metadata(model());
  EXPECT_TRUE(is_multi_label(metadata));
  EXPECT_EQ(metadata.classes, kColours);
  const auto compared = run_multipole({"report", at("run"), at("run")});
  EXPECT_NE(compared.out.find("mAP"), std::string::npos) << compared.out << compared.err;
}

TEST_F(MultiLabel, EvalMeasuresWhatTheReportSays) {
  const auto result =
      run_multipole({"classify", "eval", "--model", model(), "--data", at("labels.csv"), "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json found = parse_json(result.out, "stdout"), report = read_json_file(*folder_ / "run/report.json");
  EXPECT_NEAR(found["map"].get<double>(), report["metrics"]["map"].get<double>(), 1e-6);
  EXPECT_EQ(found["per_class"].size(), 3u);
  const auto table =
      run_multipole({"classify", "eval", "--model", model(), "--data", at("labels.csv"), "--threshold", "0.9"});
  EXPECT_NE(table.out.find("mAP  "), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("above a probability of 0.90"), std::string::npos) << table.out;
}

// Each format names the classes above the threshold and no others.
TEST_F(MultiLabel, PredictNamesEveryClassAboveTheThreshold) {
  const Words start = {"classify", "predict",      "--model",      model(),        "--precision",
                       "float32",  at("p100.png"), at("p101.png"), at("p102.png"), at("p103.png")};
  const auto predict = [&](Words more) {
    more.insert(more.begin(), start.begin(), start.end());
    const auto result = run_multipole(more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  size_t all = 0, above = 0;
  for (const char* threshold : {"0", "0.5", "1"}) {
    std::istringstream lines(predict({"--format", "json", "--threshold", threshold}));
    for (std::string line; std::getline(lines, line);) {
      const Json picture = parse_json(line, "stdout");
      double before = 1;
      for (const auto& answer : picture["predictions"]) {
        const double probability = answer["probability"];
        EXPECT_GE(probability, std::stod(threshold));
        EXPECT_LE(probability, before) << "the most probable first";
        before = probability;
      }
      (std::string(threshold) == "0" ? all : above) += picture["predictions"].size();
    }
  }
  EXPECT_EQ(all, 12u) << "each picture has a probability of each class";
  EXPECT_LT(above, all);
  EXPECT_EQ(predict({"--threshold", "1"}).find(at("p100.png") + ": (none)\n"), 0u);
  EXPECT_EQ(parse_csv(predict({"--threshold", "1", "--format", "csv"}), "csv").at(1).fields,
            (Words{at("p100.png"), "", "", "", "", ""}));
  EXPECT_EQ(parse_csv(predict({"--threshold", "0", "--top-k", "2", "--format", "csv"}), "csv").size(), 1u + 4 * 2);
}

TEST_F(MultiLabel, WhatMakesNoSenseIsRefusedByName) {
  const auto refused = [&](const Words& more, const std::string& message) {
    const auto result = train("refused", more);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  };
  refused({"--set", "objective.loss=cross_entropy"}, "objective.loss: must be bce or auto");
  refused({"--set", "objective.loss=focal"}, "objective.loss: must be bce or auto");
  refused({"--set", "objective.score=top1"}, "objective.score: must be map or auto");
  refused({"--set", "data.balance=0.5"}, "data.balance shows pictures of rare classes more often");

  test::write_text(*folder_ / "unknown.csv", "path,labels,split\np0.png,blue,train\np1.png,red;pink,val\n");
  const auto unknown = train("refused", {}, "unknown.csv");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("'pink' is no class"), std::string::npos) << unknown.err;
  test::write_text(*folder_ / "empty.csv", "path,labels,split\np0.png,,train\np1.png,,val\n");
  EXPECT_NE(train("refused", {}, "empty.csv").err.find("shows any class"), std::string::npos);

  const auto packed = run_multipole({"data", "pack", at("labels.csv"), "--out", at("x.pack")});
  EXPECT_EQ(packed.exit_code, 2);
  EXPECT_NE(packed.err.find("packs hold one class a picture"), std::string::npos) << packed.err;
}

// One class a picture: the column `label`.
TEST_F(MultiLabel, ModelsOfOneClassAPictureStayApart) {
  std::string rows = "path,label,split\n";
  for (int i = 0; i < 40; ++i) rows += row_of(i, i % 2 ? "a" : "b", i < 32);
  test::write_text(*folder_ / "single.csv", rows);
  const auto trained = train("single", {"--epochs", "1"}, "single.csv");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.out.find("best top-1"), std::string::npos) << trained.out;
  EXPECT_EQ(read_json_file(*folder_ / "single/config.json")["objective"]["loss"], "cross_entropy");
  EXPECT_NE(train("refused", {"--set", "objective.score=map"}, "single.csv").err.find("a column named labels"),
            std::string::npos);
  const std::string single = at("single/best.safetensors");
  const auto threshold = run_multipole({"classify", "predict", "--model", single, "--threshold", "0.5", at("p0.png")});
  EXPECT_EQ(threshold.exit_code, 2);
  EXPECT_NE(threshold.err.find("names one"), std::string::npos) << threshold.err;
  const auto measured = run_multipole({"classify", "eval", "--model", single, "--data", at("labels.csv")});
  EXPECT_EQ(measured.exit_code, 2);
  EXPECT_NE(measured.err.find("a column 'label', not on 'labels'"), std::string::npos) << measured.err;
}

TEST_F(MultiLabel, FineTunesFromOtherClassesWeighsThemAndNoticesOtherLabels) {
  const Words words = {"--epochs", "1", "--init", model(), "--set", "objective.class_weights=balanced"};
  std::string two = "path,labels,split\n";
  for (int i = 0; i < 40; ++i) two += row_of(i, i % 3 ? "x" : "x;y", i < 32);
  test::write_text(*folder_ / "two.csv", two);
  const auto first = train("tuned", words, "two.csv");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(read_model_metadata(*folder_ / "tuned/best.safetensors").classes, (Words{"x", "y"}));
  // the same sets in number and order, with other classes in them
  std::string swapped = two;
  for (size_t place = 0; (place = swapped.find(",x,", place)) != swapped.npos; ++place) swapped[place + 1] = 'y';
  test::write_text(*folder_ / "two.csv", swapped);
  const auto again = train("tuned", words, "two.csv");
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("data set: "), std::string::npos) << again.err;
}

TEST_F(MultiLabel, CheckSplitFoldsAndRecipeKnowSets) {
  const auto checked = run_multipole({"data", "check", at("labels.csv"), "--json", at("check.json")});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  const Json census = read_json_file(*folder_ / "check.json"), report = read_json_file(*folder_ / "run/report.json");
  EXPECT_EQ(census["classes"], kColours);
  EXPECT_EQ(census["class_counts"]["val"]["red"], report["per_class"][2]["samples"]);
  EXPECT_EQ(census["class_counts"]["train"]["blue"], report["census"]["classes"][0]["pictures"]);
  EXPECT_GT(census["without_class"], 0);

  const auto cut = run_multipole({"data", "split", at("labels.csv"), "--folds", "2", "--out", at("folds")});
  ASSERT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_EQ(test::read_text(*folder_ / "folds/fold1.csv").find("path,labels,split\n"), 0u);

  const auto folds = train("folded", {"--folds", "2", "--epochs", "1", "--recipe", "auto"});
  ASSERT_EQ(folds.exit_code, 0) << folds.err;
  EXPECT_NE(folds.err.find("each class a question of its own"), std::string::npos) << folds.err;
  EXPECT_EQ(read_json_file(*folder_ / "folded/folds.json")["scores"]["map"]["values"].size(), 2u);
}

}  // namespace
}  // namespace multipole

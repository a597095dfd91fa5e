// A probe from the command line: better than guessing, features that are used again, and one sentence for what it
// cannot do.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/model_file.h"
#include "tests/support/backbone_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;
using Words = std::vector<std::string>;

constexpr int64_t kProbeSide = 32;

void write_backbone(const std::filesystem::path& path, double poison = 0) {
  const Json vit = {{"family", "vit"}, {"image_size", kProbeSide}, {"patch_size", 8},
                    {"embed_dim", 32}, {"num_heads", 2},           {"depth", 2}};
  test::write_random_backbone(path, vit, kProbeSide, poison);
}

class Probe : public testing::Test {
 protected:
  Probe() { write_backbone(init_); }

  // ROOT/<split>/<class>/<n>.png: the class tells the colour of noise.
  void write_pictures(const std::vector<int64_t>& train_counts, int64_t validation_count = 12) {
    for (size_t label = 0; label < train_counts.size(); ++label) {
      write_class("train", label, train_counts[label]);
      write_class("val", label, validation_count);
    }
  }
  void write_class(const std::string& split, size_t label, int64_t count) {
    std::filesystem::create_directories(folder_ / "data" / split / ("c" + std::to_string(label)));
    for (int64_t i = 0; i < count; ++i) write_picture(split, label, i);
  }
  void write_picture(const std::string& split, size_t label, int64_t index) {
    auto image = torch::randint(0, 120, {kProbeSide, kProbeSide, 3}, torch::kUInt8);
    image.select(2, static_cast<int64_t>(label) % 3) += 100;
    write_bytes(folder_ / "data" / split / ("c" + std::to_string(label)) / (std::to_string(index) + ".png"),
                encode_png(image));
  }

  test::ProcessResult train(const Words& more = {}, const std::string& out = "run") const {
    Words words = {"classify", "train",     "--data", (folder_ / "data").string(), "--out", (folder_ / out).string(),
                   "--probe",  "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }
  test::ProcessResult probe(Words more = {}) const {
    more.insert(more.begin(), {"--init", init_.string()});
    return train(more);
  }

  // This exit code and words, and no model.
  void expect_refused(const test::ProcessResult& result, int exit_code, const std::string& words) const {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << words << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(best()));
  }

  std::filesystem::path best() const { return folder_ / "run" / "best.safetensors"; }

  const test::TemporaryFolder folder_;
  const std::filesystem::path init_ = folder_ / "backbone.safetensors";
};

TEST_F(Probe, IsAnOrdinaryModelAndBetterThanGuessing) {
  write_pictures({20, 20, 20});
  const auto result = probe();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("60 computed, 0 reused"), std::string::npos) << result.err;
  const Json report = read_json_file(folder_ / "run" / "report.json");
  const double top1 = report["metrics"]["top1"].get<double>();
  EXPECT_GT(top1, 0.6);
  EXPECT_EQ(report["curves"].size(), 1);
  EXPECT_EQ(report["curves"][0]["top1"].get<double>(), top1);

  const auto json = folder_ / "eval.json";
  const auto eval = run_multipole({"classify", "eval", "--model", best().string(), "--data",
                                   (folder_ / "data").string(), "--split", "val", "--json", json.string()});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_DOUBLE_EQ(read_json_file(json)["top1"].get<double>(), top1);
  const auto predict = run_multipole({"classify", "predict", "--model", best().string(), "--format", "json",
                                      (folder_ / "data" / "val" / "c1" / "0.png").string()});
  ASSERT_EQ(predict.exit_code, 0) << predict.err;
  EXPECT_EQ(Json::parse(predict.out)["predictions"].size(), 3) << predict.out;
  const Json training = read_model_metadata(best()).training;
  EXPECT_EQ(training["probe"]["folds"], 5);
  EXPECT_GT(training["probe"]["strength"].get<double>(), 0);
}

TEST_F(Probe, UsesFeaturesAgainUntilAPictureAWeightOrTheSizeChanges) {
  write_pictures({9, 8}, 3);
  ASSERT_EQ(probe().exit_code, 0);
  const auto weights = load_model(best()).model->named_parameters();
  const auto again = probe();
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("0 computed, 17 reused"), std::string::npos) << again.err;
  const auto same = load_model(best()).model->named_parameters();
  EXPECT_TRUE(weights["head.linear.weight"].equal(same["head.linear.weight"]));

  write_picture("train", 1, 4);
  EXPECT_NE(probe().err.find("1 computed, 16 reused"), std::string::npos);
  EXPECT_NE(probe({"--set", "preprocessing.image_size=24"}).err.find("17 computed, 0 reused"), std::string::npos);
  EXPECT_NE(probe().err.find("0 computed, 17 reused"), std::string::npos) << "the first size's are still there";
  write_backbone(init_);
  EXPECT_NE(probe().err.find("17 computed, 0 reused"), std::string::npos);
}

TEST_F(Probe, PicturesOfSeveralClasses) {
  std::filesystem::create_directories(folder_ / "data");
  std::string rows = "path,labels,split\n";
  for (int64_t i = 0; i < 60; ++i) {
    auto image = torch::randint(0, 60, {kProbeSide, kProbeSide, 3}, torch::kUInt8);
    if (i % 2 == 0) image.select(2, 0) += 180;
    if (i % 3 == 0) image.select(2, 2) += 180;
    const std::string name = std::to_string(i) + ".png";
    write_bytes(folder_ / name, encode_png(image));
    const std::string set = i % 6 == 0 ? "blue;red" : i % 2 == 0 ? "red" : i % 3 == 0 ? "blue" : "";
    rows += name + "," + set + "," + (i < 40 ? "train" : "val") + "\n";
  }
  test::write_text(folder_ / "list.csv", rows);
  const auto result =
      run_multipole({"classify", "train", "--data", (folder_ / "list.csv").string(), "--out",
                     (folder_ / "run").string(), "--probe", "--threads", "1", "--init", init_.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_model_metadata(best()).task, "multi_label_classification");
  EXPECT_GT(read_json_file(folder_ / "run" / "report.json")["metrics"]["map"].get<double>(), 0.8);
}

TEST_F(Probe, AClassWithFewPicturesMakesFewerFolds) {
  write_pictures({12, 3});
  const auto result = probe();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("3 folds in place of 5"), std::string::npos) << result.err;
}

TEST_F(Probe, SaysWhatItNeeds) {
  write_pictures({4, 4}, 2);
  expect_refused(train(), 2, "--init");
  expect_refused(probe({"--epochs", "3"}), 2, "train.epochs");
  expect_refused(probe({"--set", "augmentation.horizontal_flip=0.5"}), 2, "augmentation");
  expect_refused(probe({"--recipe", "auto"}), 2, "--recipe");
  expect_refused(probe({"--resume", (folder_ / "other").string()}), 2, "no state to go on from");
  expect_refused(probe({"--set", "probe.fold=3"}), 2, "folds");
  expect_refused(probe({"--set", "model.backbone.depth=3"}), 5, "whole backbone");
  write_backbone(init_, std::nan(""));
  expect_refused(probe(), 5, "not finite");
}

TEST_F(Probe, OneClassIsNoQuestion) {
  write_pictures({4}, 2);
  expect_refused(probe(), 2, "one class only");
}

TEST_F(Probe, LeavesATrainingOfAnotherKindAlone) {
  write_pictures({4, 4}, 2);
  std::filesystem::create_directories(folder_ / "run");
  test::write_text(folder_ / "run" / "config.json", "{\"train\": {}}");
  expect_refused(probe(), 2, "no probe");
}

TEST_F(Probe, DoesNotFitAgainWhereToldNeverToResume) {
  write_pictures({4, 4}, 2);
  ASSERT_EQ(probe({"--resume", "never"}).exit_code, 0);
  const auto result = probe({"--resume", "never"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("already holds a run"), std::string::npos) << result.err;
}

TEST_F(Probe, IsWhatARecipeChoosesWhereTheMinutesHoldNoTraining) {
  write_pictures({20, 20});
  const Words words = {"classify",  "train",
                       "--data",    (folder_ / "data").string(),
                       "--out",     (folder_ / "run").string(),
                       "--init",    init_.string(),
                       "--recipe",  "auto",
                       "--minutes", "0.0001",
                       "--threads", "1"};
  const auto result = run_multipole(words);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("a probe: the minutes hold no training"), std::string::npos) << result.err;
  EXPECT_TRUE(std::filesystem::exists(best()));
  const auto again = run_multipole(words);
  EXPECT_EQ(again.exit_code, 0) << again.err;

  auto trained = words;
  trained[5] = (folder_ / "trained").string();
  trained.insert(trained.end(), {"--epochs", "1"});
  const auto steps = run_multipole(trained);
  EXPECT_EQ(steps.exit_code, 0) << steps.err;
  EXPECT_EQ(steps.err.find("a probe:"), std::string::npos) << steps.err;
}

}  // namespace
}  // namespace multipole

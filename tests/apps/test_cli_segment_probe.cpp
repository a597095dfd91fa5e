// A segmentation's probe from the command line: better than the most frequent class, maps that are used again, a model
// that trains on, and one sentence for what it cannot do.
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
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/backbone_file.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/small_model.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;
using test::run_multipole;
using Words = std::vector<std::string>;

constexpr int64_t kBackboneSide = 32;

Json dense_vit() {
  return {{"family", "vit"}, {"image_size", kBackboneSide}, {"patch_size", 8}, {"embed_dim", 32}, {"num_heads", 2},
          {"depth", 2}};
}

void write_dense_backbone(const std::filesystem::path& path, const Json& backbone, double poison = 0) {
  test::write_random_backbone(path, backbone, kBackboneSide, poison);
}

class SegmentProbe : public testing::Test {
 protected:
  SegmentProbe() {
    write_dense_backbone(init_, dense_vit());
    root_.write("data/classes.txt", {'r', '\n', 'g', '\n', 'b', '\n'});
  }

  void write_pictures(int train = 12, int validation = 4) {
    for (int i = 0; i < train; ++i) write_picture("train", i);
    for (int i = 0; i < validation; ++i) write_picture("val", i);
  }
  // Three fields of noise, each of the colour of its class, of a size of its own; a column between two is ignored.
  void write_picture(const std::string& split, int number) {
    const int64_t height = random_int(kBackboneSide, kBackboneSide + 15),
                  width = random_int(kBackboneSide, kBackboneSide + 15);
    auto ids = torch::zeros({height, width}, torch::kByte);
    const int64_t row = random_int(12, 20), column = random_int(12, 20);
    ids.narrow(0, row, height - row).fill_(1);
    ids.narrow(0, 0, row).narrow(1, column, width - column).fill_(2);
    auto image = torch::randint(0, 90, {height, width, 3}, torch::kUInt8);
    for (int64_t label = 0; label < 3; ++label) {
      image.select(2, label) += (ids == label).to(torch::kUInt8) * 140;
    }
    ids.narrow(0, 0, row).select(1, column).fill_(255);
    const std::string name = split + "/" + std::to_string(number) + ".png";
    root_.write("data/images/" + name, encode_png(image));
    root_.write("data/annotations/" + name, test::encode_mask(ids));
  }

  test::ProcessResult train(const Words& more = {}, const std::string& out = "run") const {
    Words words = {"segment", "train",     "--data", (root_ / "data").string(), "--out", (root_ / out).string(),
                   "--probe", "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }
  test::ProcessResult probe(Words more = {}) const {
    more.insert(more.begin(), {"--init", init_.string()});
    return train(more);
  }
  // The head of what a probe with these words leaves.
  torch::Tensor fitted_weight(const Words& more = {}) const {
    const auto result = probe(more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return load_model(best()).model->named_parameters()["head.classifier.weight"];
  }

  // This exit code and words, and no model.
  void expect_refused(const test::ProcessResult& result, int exit_code, const std::string& words) const {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << words << "\n" << result.err;
    EXPECT_FALSE(std::filesystem::exists(best()));
  }

  std::filesystem::path best() const { return root_ / "run" / "best.safetensors"; }

  test::TemporaryFolder root_;
  const std::filesystem::path init_ = root_ / "backbone.safetensors";
};

TEST_F(SegmentProbe, IsAnOrdinaryModelAndBetterThanTheMostFrequentClass) {
  write_pictures();
  const auto result = probe();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("12 computed, 0 reused"), std::string::npos) << result.err;
  EXPECT_EQ(result.out.find("mIoU "), 0) << result.out;
  const Json report = read_json_file(root_ / "run" / "report.json");
  double pixels = 0, most = 0;
  for (const auto& row : report["per_class"]) {
    pixels += row["pixels"].get<double>();
    most = std::max(most, row["pixels"].get<double>());
  }
  EXPECT_GT(report["metrics"]["pixel_accuracy"].get<double>(), most / pixels + 0.15);
  const double miou = report["metrics"]["miou"].get<double>();
  EXPECT_GT(miou, 0.5);
  EXPECT_EQ(report["curves"].size(), 1);
  EXPECT_TRUE(std::filesystem::exists(root_ / "run" / "report.html"));

  const auto json = root_ / "eval.json";
  const auto eval = run_multipole({"segment", "eval", "--model", best().string(), "--data", (root_ / "data").string(),
                                   "--split", "val", "--json", json.string()});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_DOUBLE_EQ(read_json_file(json)["miou"].get<double>(), miou);
  const auto metadata = read_model_metadata(best());
  EXPECT_EQ(metadata.task, "segmentation");
  EXPECT_EQ(metadata.architecture.head["type"], "linear");
  EXPECT_EQ(metadata.architecture.backbone["image_size"], kBackboneSide) << "what the backbone was made for";
  EXPECT_GT(metadata.training["probe"]["strength"].get<double>(), 0);
  EXPECT_EQ(metadata.training["probe"]["tokens"]["fitted"], metadata.training["probe"]["tokens"]["labelled"]);

  const auto before = load_model(init_).model, after = load_model(best()).model;
  for (const auto& item : before->backbone().named_parameters()) {
    EXPECT_TRUE(item.value().equal(after->backbone().named_parameters()[item.key()])) << item.key();
  }
}

TEST_F(SegmentProbe, UsesMapsAgainUntilAPictureOrAWeightChanges) {
  write_pictures(7, 2);
  const auto weight = fitted_weight();
  const auto again = probe();
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("0 computed, 7 reused"), std::string::npos) << again.err;
  EXPECT_TRUE(weight.equal(fitted_weight()));
  EXPECT_FALSE(weight.equal(fitted_weight({"--set", "probe.tokens=60"})));
  EXPECT_EQ(read_model_metadata(best()).training["probe"]["tokens"]["fitted"], 60);

  write_picture("train", 3);
  EXPECT_NE(probe().err.find("1 computed, 6 reused"), std::string::npos);
  const auto damaged = std::filesystem::recursive_directory_iterator(root_ / "run" / "features");
  for (const auto& entry : damaged) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), entry.file_size() - 3);
  }
  const auto repaired = probe();
  EXPECT_NE(repaired.err.find("7 computed, 0 reused"), std::string::npos) << repaired.err;
  EXPECT_NE(repaired.err.find("computed again"), std::string::npos) << repaired.err;
  write_dense_backbone(init_, dense_vit());
  EXPECT_NE(probe().err.find("7 computed, 0 reused"), std::string::npos);
}

TEST_F(SegmentProbe, APyramidTrainsOnFromIt) {
  write_pictures(10, 3);
  auto pyramid = test::small_model_config("multipole2d", 0).backbone;
  write_dense_backbone(init_, pyramid);
  ASSERT_EQ(probe().exit_code, 0);
  const auto trained =
      run_multipole({"segment", "train", "--data", (root_ / "data").string(), "--out", (root_ / "trained").string(),
                     "--init", best().string(), "--epochs", "1", "--set", "augmentation.crop_size=[32,32]", "--set",
                     "train.batch_size=2", "--threads", "1"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(trained.err.find("replaced"), std::string::npos) << "the head goes on, too: " << trained.err;
  EXPECT_EQ(read_model_metadata(root_ / "trained" / "best.safetensors").architecture.head["type"], "linear");
}

TEST_F(SegmentProbe, SaysWhatItNeeds) {
  write_pictures(4, 2);
  expect_refused(train(), 2, "--init");
  expect_refused(probe({"--epochs", "3"}), 2, "train.epochs");
  expect_refused(probe({"--set", "augmentation.horizontal_flip=0"}), 2, "augmentation has no meaning");
  expect_refused(probe({"--set", "model.head.type=segformer"}), 2, "model.head");
  expect_refused(probe({"--set", "loss.lovasz=0.5"}), 2, "loss has no meaning");
  expect_refused(probe({"--recipe", "auto"}), 2, "--recipe");
  expect_refused(probe({"--folds", "3"}), 2, "--folds");
  expect_refused(probe({"--resume", (root_ / "other").string()}), 2, "no state to go on from");
  expect_refused(probe({"--set", "probe.token=3"}), 2, "tokens");
  expect_refused(probe({"--set", "probe.held_out=1"}), 2, "probe.held_out");
  expect_refused(probe({"--set", "model.backbone.depth=3"}), 5, "whole backbone");
  write_dense_backbone(init_, dense_vit(), std::nan(""));
  expect_refused(probe(), 5, "not finite");
}

TEST_F(SegmentProbe, LeavesATrainingOfAnotherKindAlone) {
  write_pictures(4, 2);
  std::filesystem::create_directories(root_ / "run");
  test::write_text(root_ / "run" / "config.json", "{\"train\": {}}");
  expect_refused(probe(), 2, "no probe");
}

TEST_F(SegmentProbe, OnePictureIsTooFew) {
  write_pictures(1, 1);
  expect_refused(probe(), 3, "two training pictures");
}

TEST_F(SegmentProbe, IsWhatARecipeChoosesWhereTheMinutesHoldNoTraining) {
  write_pictures();
  const Words words = {"segment",   "train",
                       "--data",    (root_ / "data").string(),
                       "--out",     (root_ / "run").string(),
                       "--init",    init_.string(),
                       "--recipe",  "auto",
                       "--minutes", "0.0001",
                       "--threads", "1"};
  const auto result = run_multipole(words);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("a probe: the minutes hold no training"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("crops of"), std::string::npos) << "it sees whole pictures: " << result.err;
  EXPECT_EQ(read_model_metadata(best()).architecture.head["type"], "linear");
  const auto again = run_multipole(words);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("0 computed, 12 reused"), std::string::npos) << again.err;

  auto trained = words;
  trained[5] = (root_ / "trained").string();
  trained.insert(trained.end(), {"--epochs", "1", "--set", "augmentation.crop_size=[32,32]"});
  const auto steps = run_multipole(trained);
  EXPECT_EQ(steps.exit_code, 0) << steps.err;
  EXPECT_EQ(steps.err.find("a probe:"), std::string::npos) << steps.err;
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/model_file.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

class Segment : public ::testing::Test {
 protected:
  Segment() {
    root_.write("data/classes.txt", {'a', '\n', 'b', '\n', 'c', '\n'});
    for (int i = 0; i < 6; ++i) {
      const std::string split = i < 4 ? "train" : "val";
      const std::string name = split + "/" + std::to_string(i) + ".png";
      const auto ids = torch::arange(20 * 24).view({20, 24}).div(240, "floor");
      root_.write("data/images/" + name, test::encode_picture_for(ids));
      root_.write("data/annotations/" + name, test::encode_mask(ids));
    }
  }

  // In a test a shallow model will do.
  test::ProcessResult train(std::vector<std::string> words) {
    const std::vector<std::string> start = {"segment", "train",
                                            "--data",  data(),
                                            "--out",   (root_ / "run").string(),
                                            "--set",   "model.backbone.depths=[1,1,1,1]",
                                            "--set",   "augmentation.crop_size=[16,16]",
                                            "--set",   "train.batch_size=2",
                                            "--set",   "model.head.channels=8"};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }

  test::ProcessResult eval(std::vector<std::string> words) {
    const std::vector<std::string> start = {"segment", "eval", "--model", (root_ / "run/best.safetensors").string(),
                                            "--data",  data()};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }

  std::string data() const { return (root_ / "data").string(); }

  test::TemporaryFolder root_;
};

TEST_F(Segment, TrainsThenMeasures) {
  const auto trained = train({"--epochs", "1"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.out.find("best mIoU"), std::string::npos) << trained.out;
  EXPECT_NE(trained.err.find("4 pictures with masks, 4 of 24 x 20"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("val mIoU"), std::string::npos) << trained.err;
  // classes without colours of their own get some, and the model keeps them
  EXPECT_EQ(read_model_metadata(root_ / "run/best.safetensors").palette.size(), 3u);

  const auto table = eval({"--boundary", "--json", (root_ / "r.json").string()});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find("boundary F"), std::string::npos) << table.out;
  const Json json = read_json_file(root_ / "r.json");
  EXPECT_EQ(json["task"], "segmentation");
  EXPECT_EQ(json["samples"], 2);
  ASSERT_EQ(json["per_class"].size(), 3u);
  // the third class is in no mask: "n/a" unless the model takes something for it
  const auto& absent = json["per_class"][2];
  EXPECT_EQ(absent["pixels"], 0);
  EXPECT_TRUE(absent["accuracy"].is_null());
  EXPECT_EQ(parse_json(eval({"--boundary", "--json", "-"}).out, "stdout"), json);
  EXPECT_NE(eval({"--split", "train"}).out.find("4"), std::string::npos);
  const auto copies = eval({"--flip", "--scales", "0.75,1,1.25", "--json", "-"});
  ASSERT_EQ(copies.exit_code, 0) << copies.err;
  EXPECT_EQ(parse_json(copies.out, "stdout")["samples"], 2);
}

TEST_F(Segment, BadMasksAreNamedInTrainingAndInEvaluation) {
  ASSERT_EQ(train({"--epochs", "1"}).exit_code, 0);
  root_.write("data/annotations/val/5.png", test::encode_mask(torch::full({20, 24}, 7)));
  const auto failed = eval({});
  EXPECT_EQ(failed.exit_code, 3) << failed.out;
  EXPECT_NE(failed.err.find("5.png: the value 7 at row 0, column 0"), std::string::npos) << failed.err;
  const auto skipped = eval({"--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 3);
  EXPECT_NE(skipped.out.find("mIoU"), std::string::npos) << skipped.out;
  const auto again = train({"--epochs", "2", "--force"});
  EXPECT_EQ(again.exit_code, 3) << again.err;
  EXPECT_NE(again.err.find("5.png: the value 7"), std::string::npos) << again.err;
}

TEST_F(Segment, OtherClassesThanTheModelsAreRefused) {
  ASSERT_EQ(train({"--epochs", "1"}).exit_code, 0);
  root_.write("data/classes.txt", {'a', '\n', 'x', '\n', 'c', '\n'});
  const auto result = eval({});
  EXPECT_EQ(result.exit_code, 2) << result.out;
  EXPECT_NE(result.err.find("class 1 is 'b' in the model and 'x' in the data"), std::string::npos) << result.err;
}

// The 4 pictures of train without split folders: what is measured is the share that training kept aside.
TEST_F(Segment, WithoutSplitFoldersTheModelKnowsItsSplit) {
  for (const std::string kind : {"images", "annotations"}) {
    const auto folder = root_ / "data" / kind;
    std::filesystem::remove_all(folder / "val");
    std::filesystem::rename(folder / "train", folder / "part");
    for (const auto& entry : std::filesystem::directory_iterator(folder / "part")) {
      std::filesystem::rename(entry.path(), folder / entry.path().filename());
    }
    std::filesystem::remove(folder / "part");
  }
  ASSERT_EQ(train({"--epochs", "1", "--set", "data.val_fraction=0.5"}).exit_code, 0);
  const auto samples = [&](const std::vector<std::string>& words) {
    auto all = words;
    all.insert(all.end(), {"--json", "-"});
    return parse_json(eval(all).out, "stdout")["samples"].get<int>();
  };
  EXPECT_EQ(samples({}), 2);
  EXPECT_EQ(samples({"--val-fraction", "0.25"}), 1);
}

TEST_F(Segment, WrongSettingsAreUsageErrors) {
  const auto unknown = train({"--set", "augmentation.crop_sizes=[8,8]"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("did you mean 'crop_size'"), std::string::npos) << unknown.err;
  const auto recipe = train({"--config", "camvid_nanno"});
  EXPECT_EQ(recipe.exit_code, 2);
  EXPECT_NE(recipe.err.find("did you mean 'camvid_nano'"), std::string::npos) << recipe.err;
  const auto head = train({"--set", "model.head.type=classification"});
  EXPECT_EQ(head.exit_code, 2) << head.err;
}

}  // namespace
}  // namespace multipole

// What `train` chooses, measures and extends, for every task alike.
#include <gtest/gtest.h>

#include <filesystem>
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

const char* const kSmallBackbone =
    "model.backbone={\"embed_dims\":[16,16,24,24],\"depths\":[1,1,1,1],\"num_heads\":[2,2,2,2],\"drop_path_rate\":0}";

class TrainChoices : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  test::ProcessResult classify(const std::string& out, const Words& more) const {
    if (!std::filesystem::exists(path("figures"))) {
      EXPECT_EQ(test::draw_small_data(path("figures")).exit_code, 0);
    }
    return run_multipole(test::small_training(path("figures"), path(out), more));
  }

  void draw_shapes(const std::string& size) const {
    const auto drawn = run_multipole({"data", "synth", "--kind", "segment", "--out", path("shapes"), "--classes", "2",
                                      "--train", "12", "--val", "4", "--size", size, "--seed", "3"});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
  }

  test::ProcessResult segment(const std::string& out, const Words& more) const {
    if (!std::filesystem::exists(path("shapes"))) draw_shapes("48");
    Words words = {
        "segment",      "train", "--data",         path("shapes"), "--out", path(out), "--set",
        kSmallBackbone, "--set", "data.workers=0", "--device",     "cpu",   "--set",   "model.head.channels=8",
        "--threads",    "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words);
  }

  Json config(const std::string& out) const { return read_json_file(folder_ / out / "config.json"); }

  test::TemporaryFolder folder_;
};

const Words kSmallCrop = {"--set", "augmentation.crop_size=[32,32]", "--set", "train.batch_size=4"};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool says(const test::ProcessResult& result, const std::string& text) { return result.err.find(text) != text.npos; }

TEST_F(TrainChoices, MinutesWithoutARecipeAreRefused) {
  for (const auto& result : {classify("run", {"--minutes", "1"}), segment("run", {"--minutes", "1"})}) {
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_TRUE(says(result, "--recipe auto") && says(result, "--epochs")) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(path("run")));
}

TEST_F(TrainChoices, TheRecipeMeasuresThisMachineOnceForARun) {
  const Words words = {"--recipe", "auto", "--minutes", "0.03", "--threads", "1"};
  const auto first = classify("run", words);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(says(first, "pictures a second, measured over")) << first.err;
  EXPECT_TRUE(says(first, "on 1 CPU thread")) << first.err;
  EXPECT_FALSE(says(first, "two cores")) << first.err;
  const Json chosen = config("run");
  const auto second = classify("run", words);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_FALSE(says(second, "measured over")) << second.err;
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(config("run"), chosen);
}

TEST_F(TrainChoices, SegmentationHasARecipe) {
  const auto trained = segment("run", {"--recipe", "auto", "--minutes", "0.05"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(says(trained, "measured over") && says(trained, "on 1 CPU thread")) << trained.err;
  const Json written = config("run");
  EXPECT_EQ(written["train"]["optimizer"]["type"], "muon");
  EXPECT_EQ(written["loss"]["class_weights"], "auto");
  EXPECT_GE(written["train"]["epochs"], 3);
  EXPECT_LE(written["augmentation"]["crop_size"][0], 64);
  const auto again = segment("run", {"--recipe", "auto", "--minutes", "0.05"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(config("run"), written);
}

TEST_F(TrainChoices, SegmentationHasFolds) {
  const Words words = with(kSmallCrop, {"--folds", "3", "--epochs", "1"});
  const auto first = segment("run", words);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_NE(first.out.find("deviation"), std::string::npos) << first.out;
  EXPECT_EQ(read_json_file(folder_ / "run/folds.json")["scores"]["miou"]["values"].size(), 3u);
  int64_t validated = 0;
  for (int fold = 1; fold <= 3; ++fold) {
    const Json report = read_json_file(folder_ / "run" / ("fold_" + std::to_string(fold)) / "report.json");
    EXPECT_EQ(report["config"]["data"]["fold"], fold);
    validated += report["data"]["validation"]["samples"].get<int64_t>();
  }
  EXPECT_EQ(validated, 16) << "each of the 12 + 4 pictures once";
  EXPECT_EQ(segment("run", words).out, first.out);

  // a model knows its fold, so that it is measured on what it has not seen
  const auto measured = run_multipole(
      {"segment", "eval", "--model", path("run/fold_2/best.safetensors"), "--data", path("shapes"), "--json", "-"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  const Json report = read_json_file(folder_ / "run/fold_2/report.json");
  EXPECT_EQ(parse_json(measured.out, "stdout")["samples"], report["data"]["validation"]["samples"]);
}

TEST_F(TrainChoices, SegmentationHasARangeTest) {
  const auto tested = segment("range", with(kSmallCrop, {"--lr-range-test"}));
  ASSERT_EQ(tested.exit_code, 0) << tested.err;
  EXPECT_GT(read_json_file(folder_ / "range/lr_range_test.json")["points"].size(), 20u);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "range/lr_range_test.html"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "range/config.json"));
}

TEST_F(TrainChoices, SegmentationTakesAColourMapAndAnIgnoredValue) {
  const auto no_map = segment("run", with(kSmallCrop, {"--color-map", path("absent.txt")}));
  EXPECT_EQ(no_map.exit_code, 2) << no_map.err;
  EXPECT_TRUE(says(no_map, "absent.txt")) << no_map.err;
  const auto trained = segment("other", with(kSmallCrop, {"--ignore-index", "254", "--epochs", "1"}));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(config("other")["data"]["ignore_index"], 254);
}

// What is left open is chosen for this machine, and stays when the run goes on.
TEST_F(TrainChoices, SegmentationsDefaultsSuitTheMachine) {
  draw_shapes("512");
  const auto first = segment("run", {"--epochs", "1"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(says(first, "s a step") && says(first, "an epoch of")) << first.err;
  const Json chosen = config("run");
  EXPECT_EQ(chosen["model"]["backbone"]["stem_stride"], 4);
  EXPECT_LE(chosen["train"]["batch_size"], 8);
  const auto second = segment("run", {"--epochs", "1"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_FALSE(says(second, "s a step")) << second.err;
  EXPECT_EQ(config("run"), chosen);
  const auto given = segment("given", with(kSmallCrop, {"--epochs", "1"}));
  EXPECT_FALSE(says(given, "s a step")) << given.err;
}

TEST_F(TrainChoices, MoreEpochsExtendAFinishedRun) {
  for (const bool is_classify : {true, false}) {
    SCOPED_TRACE(is_classify ? "classify" : "segment");
    const std::string run = is_classify ? "c" : "s";
    const auto train = [&](const std::string& epochs) {
      return is_classify ? classify(run, {"--epochs", epochs}) : segment(run, with(kSmallCrop, {"--epochs", epochs}));
    };
    ASSERT_EQ(train("1").exit_code, 0);
    const auto extended = train("2");
    ASSERT_EQ(extended.exit_code, 0) << extended.err;
    EXPECT_TRUE(says(extended, "extended from 1 to 2 epochs")) << extended.err;
    EXPECT_TRUE(says(extended, "learning rate goes on at")) << extended.err;
    EXPECT_TRUE(says(extended, "epoch 2/2") && !says(extended, "epoch 1/2")) << extended.err;
    EXPECT_EQ(config(run)["train"]["epochs"], 2);
    const auto shorter = train("1");
    EXPECT_EQ(shorter.exit_code, 2) << shorter.err;
    EXPECT_TRUE(says(shorter, "train.epochs: 2, now 1") && says(shorter, "--force")) << shorter.err;
  }
}

TEST_F(TrainChoices, MoreStepsExtendALanguageModel) {
  std::string text;
  for (int i = 0; i < 80; ++i) text += "round and round ";
  test::write_text(folder_ / "text", text);
  const auto train = [&](const std::string& steps, const std::string& width) {
    return run_multipole({"sequence", "train", "--text", path("text"), "--out", path("run"), "--set", "steps=" + steps,
                          "--set", "eval_every=3", "--set",
                          "model={\"context\":64,\"embed_dim\":" + width + ",\"depth\":1}"});
  };
  const auto first = train("6", "16");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto again = train("6", "16");
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  const auto extended = train("12", "16");
  ASSERT_EQ(extended.exit_code, 0) << extended.err;
  EXPECT_TRUE(says(extended, "extended from 6 to 12 steps")) << extended.err;
  EXPECT_TRUE(says(extended, "step 9/12") && !says(extended, "step 6/12")) << extended.err;
  const auto other = train("12", "32");
  EXPECT_EQ(other.exit_code, 2) << other.err;
  EXPECT_TRUE(says(other, "model.embed_dim: 16, now 32")) << other.err;
}

}  // namespace
}  // namespace multipole

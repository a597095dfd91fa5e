#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/synthetic/synthetic_writer.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::run_multipole;

class Eval : public ::testing::Test {
 protected:
  Eval() {
    config_.num_classes = 3;
    config_.image_size = 24;
    config_.train_images = 6;
    config_.val_images = 12;
    write_synthetic(config_, data());
    test::write_random_model(folder_ / "m.safetensors", synthetic_class_names(config_));
  }

  std::filesystem::path data() const { return folder_ / "data"; }

  test::ProcessResult eval(std::vector<std::string> words) {
    const std::vector<std::string> start = {"classify", "eval",         "--model", (folder_ / "m.safetensors").string(),
                                            "--data",   data().string()};
    words.insert(words.begin(), start.begin(), start.end());
    return run_multipole(words);
  }

  SyntheticConfig config_;
  test::TemporaryFolder folder_;
};

TEST_F(Eval, TableAndJsonAgree) {
  const auto result = eval({"--json", (folder_ / "r.json").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("samples  12"), std::string::npos) << result.out;
  const Json json = read_json_file(folder_ / "r.json");
  EXPECT_EQ(json["task"], "classification");
  EXPECT_EQ(json["samples"], 12);
  EXPECT_EQ(json["top5"], 1.0);
  ASSERT_EQ(json["per_class"].size(), 3u);
  int64_t counted = 0, right = 0;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(json["per_class"][i]["class"], synthetic_class_names(config_)[i]);
    for (size_t j = 0; j < 3; ++j) {
      counted += json["confusion_matrix"][i][j].get<int64_t>();
      if (i == j) right += json["confusion_matrix"][i][j].get<int64_t>();
    }
  }
  EXPECT_EQ(counted, 12);
  EXPECT_NEAR(json["top1"].get<double>(), static_cast<double>(right) / 12, 1e-12);
  EXPECT_EQ(parse_json(eval({"--json", "-"}).out, "stdout"), json);
  EXPECT_NE(eval({"--split", "train"}).out.find("samples  6"), std::string::npos);
}

TEST_F(Eval, TheMirrorImageIsAskedAsInPredictions) {
  const auto predictions = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"classify",
                                      "predict",
                                      "--model",
                                      (folder_ / "m.safetensors").string(),
                                      "--format",
                                      "json",
                                      "--top-k",
                                      "1",
                                      (data() / "val").string()};
    words.insert(words.end(), more.begin(), more.end());
    return run_multipole(words).out;
  };
  const auto result = eval({"--flip", "--json", (folder_ / "r.json").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = read_json_file(folder_ / "r.json");
  EXPECT_EQ(json["flip"], true);
  std::vector<int64_t> named(3), counted(3);
  std::istringstream lines(predictions({"--flip"}));
  for (std::string line; std::getline(lines, line);) {
    const Json first = parse_json(line, "a line")["predictions"][0];
    for (size_t i = 0; i < 3; ++i) named[i] += first["class"] == synthetic_class_names(config_)[i] ? 1 : 0;
  }
  for (const auto& row : json["confusion_matrix"]) {
    for (size_t i = 0; i < 3; ++i) counted[i] += row[i].get<int64_t>();
  }
  EXPECT_EQ(named, counted);
  EXPECT_NE(predictions({"--flip"}), predictions({})) << "nothing was mirrored";
}

// The 12 pictures of val without split folders: what is measured is the share that training kept aside.
TEST_F(Eval, WithoutSplitFoldersTheModelKnowsItsSplit) {
  auto metadata = test::random_model_metadata(synthetic_class_names(config_));
  metadata.training["data"] = {{"val_fraction", 0.5}, {"split_seed", 3}};
  save_model(folder_ / "m.safetensors", *VisionModel(metadata.architecture), metadata);
  std::filesystem::rename(data() / "val", folder_ / "flat");
  std::filesystem::remove_all(data());
  std::filesystem::rename(folder_ / "flat", data());
  const auto result = eval({});
  EXPECT_NE(result.out.find("samples  6"), std::string::npos) << result.out << result.err;
  EXPECT_EQ(eval({"--val-fraction", "0.5", "--split-seed", "3"}).out, result.out);
  EXPECT_NE(eval({"--val-fraction", "0.25"}).out.find("samples  3"), std::string::npos);
}

TEST_F(Eval, AnUnreadablePictureFailsUnlessSkipped) {
  const auto bad = data() / "val" / synthetic_class_names(config_)[1] / "0000_bad.png";
  test::write_text(bad, "no picture");
  const auto failed = eval({});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_EQ(failed.out, "");
  EXPECT_NE(failed.err.find("0000_bad.png"), std::string::npos) << failed.err;
  const auto skipped = eval({"--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 3);
  EXPECT_NE(skipped.out.find("samples  12"), std::string::npos) << skipped.out;
  EXPECT_NE(skipped.err.find("0000_bad.png"), std::string::npos) << skipped.err;
}

TEST_F(Eval, AClassThatTheModelDoesNotKnowIsAnError) {
  const auto val = data() / "val";
  std::filesystem::rename(val / synthetic_class_names(config_)[1], val / "unicorn");
  const auto result = eval({});
  EXPECT_EQ(result.exit_code, 2) << result.out;
  EXPECT_NE(result.err.find("unicorn"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace multipole

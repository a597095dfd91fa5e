// data check, split and pack, and what they make as --data of train and eval.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "datasets/formats/manifest.h"
#include "datasets/sources/labelled_pictures.h"
#include "datasets/synthetic/synthetic_writer.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;
using test::run_multipole;
using Words = std::vector<std::string>;

class Data : public ::testing::Test {
 protected:
  Data() {
    config_.num_classes = 2;
    config_.image_size = 32;
    config_.train_images = 20;
    config_.val_images = 10;
    write_synthetic(config_, data());
  }

  fs::path data() const { return folder_ / "data"; }
  std::string name(const std::string& file) const { return (folder_ / file).string(); }

  Json eval(const fs::path& path, const Words& more = {}) const {
    Words words = {"classify", "eval", "--model", name("m.safetensors"), "--data", path.string(), "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const auto result = run_multipole(words);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? parse_json(result.out, "eval") : Json();
  }

  SyntheticConfig config_;
  test::TemporaryFolder folder_;
};

TEST_F(Data, CheckCountsAndNamesBadFiles) {
  const auto good = run_multipole({"data", "check", data().string()});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find("30 pictures of 2 classes"), std::string::npos) << good.out;
  EXPECT_NE(good.out.find("unreadable: 0"), std::string::npos) << good.out;
  const std::string class_name = synthetic_class_names(config_)[0];
  test::write_text(data() / "train" / class_name / "bad\xff.png", "<html>");
  const auto bad = run_multipole({"data", "check", data().string(), "--json", name("r.json")});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_NE(bad.out.find("bad\xff.png: not an image: starts with \"<html>\""), std::string::npos) << bad.out;
  const Json json = parse_json_text(test::read_text(name("r.json")), "r.json");
  EXPECT_EQ(json["pictures"], 31);
  EXPECT_EQ(json["readable"], 30);
  ASSERT_EQ(json["bad"].size(), 1u);
  EXPECT_EQ(json["bad"][0]["path"], (data() / "train" / class_name / "bad\xff.png").string());
  EXPECT_EQ(json["class_counts"]["train"][class_name], 10);
  EXPECT_EQ(json["sizes"], Json::parse(R"([{"height":32,"width":32,"count":30}])"));
  EXPECT_EQ(parse_json_text(run_multipole({"data", "check", data().string(), "--json", "-", "--quiet"}).out, "out"),
            json);
}

TEST_F(Data, CheckTellsOfClassesThatTrainingWouldRefuse) {
  fs::copy(data() / "val" / synthetic_class_names(config_)[0], data() / "val" / "unicorn");
  const auto result = run_multipole({"data", "check", data().string()});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find("no class of train: unicorn"), std::string::npos) << result.out;
}

TEST_F(Data, PackedDataEvaluatesToTheSameNumbers) {
  test::write_random_model(name("m.safetensors"), synthetic_class_names(config_));
  const auto packed = run_multipole({"data", "pack", data().string(), "--out", name("d.pack")});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_EQ(eval(name("d.pack")), eval(data()));
  EXPECT_EQ(eval(name("d.pack"), {"--split", "train"})["samples"], 20);
  const auto checked = run_multipole({"data", "check", name("d.pack")});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  const auto cut = test::read_text(name("d.pack"));
  test::write_text(name("cut.pack"), cut.substr(0, cut.size() - 100));
  EXPECT_EQ(run_multipole({"data", "check", name("cut.pack")}).exit_code, 2);
}

TEST_F(Data, PackShrinksAndRefusesWhatItCannotRead) {
  const auto packed = run_multipole({"data", "pack", data().string(), "--out", name("d.pack"), "--size", "16"});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_EQ(LabelledPictures(name("d.pack"), {}).get(0).image.size(0), 16);
  test::write_text(data() / "train" / synthetic_class_names(config_)[0] / "bad.png", "no picture");
  const auto failed = run_multipole({"data", "pack", data().string(), "--out", name("e.pack")});
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_NE(failed.err.find("bad.png"), std::string::npos) << failed.err;
  EXPECT_FALSE(fs::exists(name("e.pack")));
  const auto skipped = run_multipole({"data", "pack", data().string(), "--out", name("e.pack"), "--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 3);
  EXPECT_NE(skipped.err.find("left out"), std::string::npos) << skipped.err;
  EXPECT_EQ(LabelledPictures(name("e.pack"), {}).size(), 20);
}

Manifest read_manifest(const fs::path& path) {
  return parse_manifest(test::read_text(path), path.string(), path.parent_path());
}

TEST_F(Data, FoldsCoverEveryPictureOnce) {
  const auto result = run_multipole({"data", "split", data().string(), "--folds", "3", "--seed", "4"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 3);
  std::multiset<std::string> in_val;
  for (int fold = 1; fold <= 3; ++fold) {
    const fs::path path = data() / ("fold" + std::to_string(fold) + ".csv");
    const Manifest manifest = read_manifest(path);
    EXPECT_EQ(manifest.rows.size(), 30u);
    for (const auto& row : manifest.rows) {
      EXPECT_TRUE(fs::exists(data() / row.path)) << row.path;
      if (row.split == "val") in_val.insert(row.path);
    }
    EXPECT_EQ(LabelledPictures(path, {.split = "val"}).size(), 10);
  }
  EXPECT_EQ(in_val.size(), 30u);
  EXPECT_EQ(std::set<std::string>(in_val.begin(), in_val.end()).size(), 30u);
  EXPECT_EQ(run_multipole({"data", "split", data().string(), "--folds", "3"}).exit_code, 2) << "never overwritten";
}

TEST_F(Data, ManifestsElsewhereNeedTheRoot) {
  test::write_random_model(name("m.safetensors"), synthetic_class_names(config_));
  const auto result =
      run_multipole({"data", "split", data().string(), "--out", name("lists"), "--val-fraction", "0.3"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("--data-root"), std::string::npos) << result.err;
  EXPECT_EQ(eval(name("lists/split.csv"), {"--data-root", data().string()})["samples"], 10);
}

TEST_F(Data, TrainingTakesManifestsAndPacks) {
  ASSERT_EQ(run_multipole({"data", "split", data().string()}).exit_code, 0);
  ASSERT_EQ(run_multipole({"data", "pack", data().string(), "--out", name("d.pack")}).exit_code, 0);
  for (const std::string& path : {(data() / "split.csv").string(), name("d.pack")}) {
    const std::string out = name("run-" + fs::path(path).filename().string());
    const auto trained =
        run_multipole({"classify", "train", "--data", path, "--out", out, "--epochs", "1", "--device", "cpu", "--set",
                       "model.backbone={\"embed_dims\":[16,16,24,24],\"depths\":[1,1,1,1],\"num_heads\":[2,2,2,2]}",
                       "--set", "train.batch_size=8", "--set", "train.precision=float32"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_EQ(run_multipole({"classify", "eval", "--model", out + "/best.safetensors", "--data", path}).exit_code, 0);
  }
}

TEST_F(Data, WrongManifestsAreUsageErrorsWithTheirLine) {
  test::write_text(data() / "m.csv", "path,label,split\ntrain/a.png,cat,train\n../x.png,cat,val\n");
  for (const Words& words : {Words{"data", "check", (data() / "m.csv").string()},
                             Words{"classify", "train", "--data", (data() / "m.csv").string(), "--out", name("run")}}) {
    const auto result = run_multipole(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("m.csv line 3: '../x.png' is outside of"), std::string::npos) << result.err;
  }
  EXPECT_EQ(run_multipole({"data", "check", name("none")}).exit_code, 2);
}

}  // namespace
}  // namespace multipole

// Data as people have it: manifests of other programs, splits in other spellings, folders around the folders.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "datasets/synthetic/synthetic_writer.h"
#include "tests/support/model_file.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;
using test::run_multipole;
using Words = std::vector<std::string>;

class DataLayouts : public ::testing::Test {
 protected:
  DataLayouts() {
    config_.num_classes = 2;
    config_.image_size = 16;
    config_.train_images = 8;
    config_.val_images = 4;
    write_synthetic(config_, folder_ / "data");
  }

  std::string name(const std::string& file) const { return (folder_ / file).string(); }
  // The classes in the order of folders.
  std::string kind(size_t label) const {
    auto names = synthetic_class_names(config_);
    std::sort(names.begin(), names.end());
    return names[label];
  }

  static test::ProcessResult check(const std::string& data) {
    return run_multipole({"data", "check", data, "--quiet"});
  }

  test::ProcessResult train(const std::string& data) const {
    fs::remove_all(folder_ / "run");
    return run_multipole(
        {"classify", "train", "--data", data, "--out", name("run"), "--device", "cpu", "--epochs", "1", "--set",
         "model.backbone={\"embed_dims\":[16,16,24,24],\"depths\":[1,1,1,1],"
         "\"num_heads\":[2,2,2,2]}",
         "--set", "train.batch_size=4", "--set", "train.precision=float32", "--set", "data.workers=0"});
  }

  // The drawn pictures as a manifest: paths begin with `prefix`, fields are separated and lines ended as said.
  std::string manifest(const std::string& header, const std::string& prefix, char separator,
                       const std::string& line_end = "\n") const {
    std::string text = header + line_end;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "data")) {
      if (entry.path().extension() != ".png") continue;
      const fs::path inside = entry.path().lexically_relative(folder_ / "data");
      text += prefix + inside.string() + separator + inside.parent_path().filename().string() + separator +
              inside.begin()->string() + line_end;
    }
    return text;
  }

  SyntheticConfig config_;
  test::TemporaryFolder folder_;
};

TEST_F(DataLayouts, ManifestsOfSpreadsheetsAreRead) {
  const std::string files[] = {"m.csv", "m.tsv", "crlf.csv"};
  test::write_text(folder_ / files[0], "\xef\xbb\xbf" + manifest("Path;Label;Split", "data/", ';'));
  test::write_text(folder_ / files[1], manifest("path\tlabel\tsplit", "data/", '\t'));
  test::write_text(folder_ / files[2], "\xef\xbb\xbf" + manifest("Path,Label,Split", "data/", ',', "\r\n"));
  for (const auto& file : files) {
    const auto checked = check(name(file));
    EXPECT_EQ(checked.exit_code, 0) << file << checked.err << checked.out;
    EXPECT_NE(checked.out.find("12 pictures of 2 classes"), std::string::npos) << file << checked.out;
    EXPECT_NE(checked.out.find("val"), std::string::npos) << file << checked.out;
    const auto trained = train(name(file));
    EXPECT_EQ(trained.exit_code, 0) << file << trained.err;
    EXPECT_NE(trained.err.find("8 pictures to train on, 4 to evaluate on"), std::string::npos) << file << trained.err;
  }
}

TEST_F(DataLayouts, AManifestOfAbsolutePathsMayLieAnywhere) {
  fs::create_directory(folder_ / "lists");
  const fs::path path = folder_ / "lists" / "m.csv";
  test::write_text(path, manifest("path,label,split", name("data") + "/", ','));
  const auto checked = check(path.string());
  EXPECT_EQ(checked.exit_code, 0) << checked.err << checked.out;
  const auto trained = train(path.string());
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.err.find("8 pictures to train on"), std::string::npos) << trained.err;
  const auto split = run_multipole({"data", "split", path.string(), "--folds", "2", "--out", name("folds")});
  EXPECT_EQ(split.exit_code, 0) << split.err;
  EXPECT_EQ(check(name("folds/fold1.csv")).exit_code, 0) << "what is written reads back";
  const auto packed = run_multipole({"data", "pack", path.string(), "--out", name("d.pack"), "--quiet"});
  EXPECT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_EQ(check(name("d.pack")).exit_code, 0);

  // one that is missing is a bad picture; where all are, the manifest is another machine's
  std::ofstream(path, std::ios::app) << "/nowhere/at/all.png," << kind(0) << ",train\n";
  const auto missing = check(path.string());
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_NE(missing.out.find("/nowhere/at/all.png"), std::string::npos) << missing.out;
  test::write_text(path, manifest("path,label,split", "/home/somebody/else/", ','));
  const auto moved = check(path.string());
  EXPECT_EQ(moved.exit_code, 2) << moved.out;
  EXPECT_NE(moved.err.find("m.csv line 2: no file '/home/somebody/else/"), std::string::npos) << moved.err;
  EXPECT_NE(moved.err.find("--data-root"), std::string::npos) << moved.err;
}

TEST_F(DataLayouts, SplitsAreToldInAnySpelling) {
  const std::pair<std::string, std::string> spellings[] = {
      {"Train", "VAL"}, {"TRAINING", "Valid"}, {"train", "Validation"}, {"Training", "Test"}};
  std::string first = "train", second = "val";
  for (const auto& [train_name, val_name] : spellings) {
    fs::rename(folder_ / "data" / first, folder_ / "data" / train_name);
    fs::rename(folder_ / "data" / second, folder_ / "data" / val_name);
    first = train_name;
    second = val_name;
    const auto checked = check(name("data"));
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    EXPECT_NE(checked.out.find("12 pictures of 2 classes\n"), std::string::npos) << first << checked.out;
    EXPECT_NE(checked.out.find(first), std::string::npos) << checked.out;
    EXPECT_NE(checked.out.find(kind(0)), std::string::npos) << checked.out;
    const auto trained = train(name("data"));
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_NE(trained.err.find(name("data/" + second) + ": 4 pictures of 2 classes"), std::string::npos) << trained.err;
  }
}

TEST_F(DataLayouts, TwoFoldersOfOneSplitAreAnErrorThatNamesBoth) {
  fs::copy(folder_ / "data" / "val", folder_ / "data" / "Validation", fs::copy_options::recursive);
  const auto trained = train(name("data"));
  EXPECT_EQ(trained.exit_code, 2) << trained.err;
  EXPECT_NE(trained.err.find("'Validation' and 'val' both stand for the split val"), std::string::npos) << trained.err;
  const auto checked = check(name("data"));
  EXPECT_EQ(checked.exit_code, 2) << checked.out;
  EXPECT_NE((checked.out + checked.err).find("'Validation' and 'val' both stand for"), std::string::npos)
      << checked.out << checked.err;
}

TEST_F(DataLayouts, TrainingNamesTheClassesAndTheirPictures) {
  const auto trained = train(name("data"));
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  const std::string expected = "classes: " + kind(0) + " (4 pictures), " + kind(1) + " (4)";
  EXPECT_NE(trained.err.find(expected), std::string::npos) << trained.err;
  EXPECT_LT(trained.err.find(expected), trained.err.find("epoch 1/1")) << "before it starts";
}

TEST_F(DataLayouts, ASingleFolderAroundTheDataIsEntered) {
  for (const std::string inner : {"", "train"}) {
    const fs::path outer = folder_ / ("wrapped" + inner);
    fs::create_directories(outer / "archive-main");
    fs::copy(folder_ / "data" / inner, outer / "archive-main" / "photos", fs::copy_options::recursive);
    test::write_text(outer / "README.txt", "made by somebody");
    const auto checked = check(outer.string());
    EXPECT_EQ(checked.exit_code, 0) << checked.err << checked.out;
    EXPECT_NE(checked.out.find(kind(0)), std::string::npos) << checked.out;
    const auto trained = train(outer.string());
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
    EXPECT_NE(
        trained.err.find(outer.string() + " holds one folder only: took " + outer.string() + "/archive-main/photos"),
        std::string::npos)
        << trained.err;
    EXPECT_NE(trained.err.find("classes: " + kind(0)), std::string::npos) << trained.err;
  }
}

TEST_F(DataLayouts, SeveralFoldersAroundTheDataAreRefusedByName) {
  const auto refused = [&](const std::string& data, const std::string& hint) {
    for (const auto& result : {train(data), check(data)}) {
      EXPECT_EQ(result.exit_code, 2) << result.err << result.out;
      EXPECT_NE(result.err.find(hint), std::string::npos) << result.err;
    }
  };
  // class folders in each of them
  fs::create_directories(folder_ / "a");
  fs::copy(folder_ / "data" / "train", folder_ / "a" / "Dataset", fs::copy_options::recursive);
  fs::copy(folder_ / "data" / "val", folder_ / "a" / "Examples", fs::copy_options::recursive);
  refused(name("a"), "Dataset (" + kind(0) + ", " + kind(1) + ")");
  refused(name("a"), "--data " + name("a/Dataset"));
  // a whole layout beside a folder of pictures
  fs::create_directories(folder_ / "b");
  fs::copy(folder_ / "data", folder_ / "b" / "Dataset", fs::copy_options::recursive);
  fs::copy(folder_ / "data" / "val" / kind(0), folder_ / "b" / "Examples");
  refused(name("b"), "--data " + name("b/Dataset"));

  // folders of pictures inside of one class of several are that class's own, and are said
  fs::copy(folder_ / "data" / "train", folder_ / "c", fs::copy_options::recursive);
  fs::create_directories(folder_ / "c" / "mixed");
  fs::copy(folder_ / "data" / "val", folder_ / "c" / "mixed", fs::copy_options::recursive);
  const auto nested = train(name("c"));
  EXPECT_EQ(nested.exit_code, 0) << nested.err;
  EXPECT_NE(nested.err.find("mixed holds no pictures itself, only " + kind(0) + ", " + kind(1)), std::string::npos)
      << nested.err;
  // below a split nothing is guessed
  fs::create_directories(folder_ / "d");
  fs::copy(folder_ / "a", folder_ / "d" / "train", fs::copy_options::recursive);
  EXPECT_NE(train(name("d")).err.find("classes: Dataset"), std::string::npos);
}

TEST_F(DataLayouts, AClassMayBeCalledTrain) {
  fs::create_directories(folder_ / "vehicles");
  fs::copy(folder_ / "data" / "train" / kind(0), folder_ / "vehicles" / "Bus");
  fs::copy(folder_ / "data" / "train" / kind(1), folder_ / "vehicles" / "Train");
  const auto trained = train(name("vehicles"));
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NE(trained.err.find("classes: Bus (3 pictures), Train (3)"), std::string::npos) << trained.err;
}

}  // namespace
}  // namespace multipole

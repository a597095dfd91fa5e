// Which pictures and classes a split of a folder tree has.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "datasets/pictures/image_files.h"
#include "datasets/sources/folder_source.h"
#include "datasets/sources/split_selection.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// An empty file for every name: a split looks at names only.
void touch(const test::TemporaryFolder& folder, const Names& names) {
  for (const auto& name : names) folder.write(name, {});
}

SplitSelection select(const fs::path& root, const SplitOptions& options = {}) {
  return select_split(FolderSource(root, {}), options);
}

Names names_of(const SplitSelection& split) {
  Names names;
  for (const auto& item : split.items) names.push_back(item.picture.name);
  return names;
}

std::string selection_refusal(const fs::path& root, const SplitOptions& options = {}) {
  try {
    select(root, options);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SplitSelection, ClassesAndFilesInByteOrder) {
  const test::TemporaryFolder folder;
  touch(folder, {"train/b/10.jpg", "train/b/9.JPEG", "train/B/x.png", "train/a/z/deep.webp", "train/a/a.tif",
                 "train/a/notes.txt", "train/a/.hidden.jpg", "train/.cache/x.jpg", "train/\xc3\xa4/1.png",
                 "val/a/1.png", "val/B/new\nline.gif"});
  const SplitSelection train = select(folder.path());
  EXPECT_EQ(train.class_names, (Names{"B", "a", "b", "\xc3\xa4"}));
  EXPECT_EQ(names_of(train), (Names{"train/B/x.png", "train/a/a.tif", "train/a/z/deep.webp", "train/b/10.jpg",
                                    "train/b/9.JPEG", "train/\xc3\xa4/1.png"}));
  EXPECT_NE(train.description.find("6 pictures of 4 classes, 1 other files left out"), std::string::npos);
  const SplitSelection val = select(folder.path(), {.split = "val"});
  EXPECT_EQ(val.class_names, train.class_names) << "classes that val lacks keep their place";
  EXPECT_EQ(names_of(val), (Names{"val/B/new\nline.gif", "val/a/1.png"}));
  EXPECT_EQ(val.items[1].label, 1);
}

TEST(SplitSelection, OtherNamesOfSplits) {
  for (const std::string name : {"val", "valid", "validation", "dev", "test"}) {
    const test::TemporaryFolder folder;
    touch(folder, {"train/a/1.png", "train/b/1.png", name + "/a/2.png"});
    const SplitSelection val = select(folder.path(), {.split = "val"});
    EXPECT_EQ(names_of(val), Names{name + "/a/2.png"});
    EXPECT_NE(val.description.find("/" + name + ": 1 pictures"), std::string::npos) << val.description;
    EXPECT_EQ(select(folder.path()).items.size(), 2u);
  }
}

TEST(SplitSelection, SpellingsOfSplitsMeanTheSame) {
  const test::TemporaryFolder folder;
  touch(folder, {"TRAIN/a/1.png", "TRAIN/b/1.png", "Valid/a/2.png", "testing/b/3.png", "extra/a/4.png"});
  for (const std::string split : {"train", "Train", "training"}) {
    EXPECT_EQ(names_of(select(folder.path(), {.split = split})), (Names{"TRAIN/a/1.png", "TRAIN/b/1.png"})) << split;
  }
  for (const std::string split : {"val", "VALIDATION", "dev", "Valid"}) {
    EXPECT_EQ(names_of(select(folder.path(), {.split = split})), Names{"Valid/a/2.png"}) << split;
  }
  EXPECT_EQ(names_of(select(folder.path(), {.split = "Test"})), Names{"testing/b/3.png"});
  EXPECT_EQ(names_of(select(folder.path(), {.split = "extra"})), Names{"extra/a/4.png"});
  EXPECT_NE(selection_refusal(folder.path(), {.split = "Extra"}).find("no split 'Extra'"), std::string::npos)
      << "other names stand for themselves only";
  touch(folder, {"dev/a/5.png"});
  EXPECT_NE(selection_refusal(folder.path(), {.split = "val"}).find("'Valid' and 'dev' both stand for the split val"),
            std::string::npos);
  EXPECT_EQ(names_of(select(folder.path(), {.split = "dev"})), Names{"dev/a/5.png"}) << "asked for as it stands";
  EXPECT_EQ(select(folder.path(), {.split = "test"}).items.size(), 1u);

  const test::TemporaryFolder flat;
  for (int i = 0; i < 10; ++i) touch(flat, {"a/" + std::to_string(i) + ".png"});
  EXPECT_EQ(select(flat.path(), {.split = "Training"}).items.size(), 8u) << "cut, too";
}

TEST(SplitSelection, MadeSplitIsStratifiedSeededAndComplete) {
  for (const std::string prefix : {"", "train/"}) {
    const test::TemporaryFolder folder;
    const std::map<std::string, int> sizes = {{"a", 10}, {"b", 25}, {"c", 2}, {"d", 1}};
    for (const auto& [name, size] : sizes) {
      for (int i = 0; i < size; ++i) folder.write(prefix + name + "/" + std::to_string(i) + ".png", {});
    }
    const auto names = [&](const std::string& split, uint64_t seed) {
      return names_of(select(folder.path(), {.split = split, .split_seed = seed}));
    };
    const Names train = names("train", 0), val = names("val", 0);
    std::set<std::string> all(train.begin(), train.end());
    all.insert(val.begin(), val.end());
    EXPECT_EQ(train.size() + val.size(), 38u);
    EXPECT_EQ(all.size(), 38u) << "a picture in both";
    std::map<std::string, int> in_val;
    for (const auto& name : val) ++in_val[fs::path(name).parent_path().filename().string()];
    EXPECT_EQ(in_val, (std::map<std::string, int>{{"a", 2}, {"b", 5}, {"c", 1}}));
    EXPECT_EQ(names("val", 0), val);
    EXPECT_NE(names("val", 1), val);
    const std::string text = select(folder.path(), {.split = "val"}).description;
    EXPECT_NE(text.find("8 of them are val (20% of each class to val, seed 0)"), std::string::npos) << text;
  }
}

TEST(SplitSelection, ClassProblemsAreNamed) {
  const test::TemporaryFolder folder;
  touch(folder, {"train/a/1.png", "train/b/1.png", "val/a/1.png", "val/zebra/1.png"});
  EXPECT_NE(selection_refusal(folder.path(), {.split = "val"}).find("no class of the training set or model: zebra"),
            std::string::npos);
  EXPECT_NE(selection_refusal(folder.path(), {.class_names = {"a", "c"}}).find("or model: b;"), std::string::npos);
  fs::create_directories(folder.path() / "train" / "hollow");
  touch(folder, {"train/text/readme.md"});
  EXPECT_NE(selection_refusal(folder.path()).find("classes without a picture: hollow, text"), std::string::npos)
      << selection_refusal(folder.path());
}

TEST(SplitSelection, ModelsClassOrderIsKept) {
  const test::TemporaryFolder folder;
  touch(folder, {"test/dog/1.png", "test/cat/1.png"});
  const SplitSelection split = select(folder.path(), {.split = "test", .class_names = {"dog", "bird", "cat"}});
  EXPECT_EQ(split.class_names, (Names{"dog", "bird", "cat"}));
  EXPECT_EQ(names_of(split), (Names{"test/dog/1.png", "test/cat/1.png"}));
  EXPECT_EQ(split.items[1].label, 2);
}

TEST(SplitSelection, RootsThatHoldNothing) {
  const test::TemporaryFolder folder;
  EXPECT_NE(selection_refusal(folder.path() / "missing").find("no such file or folder"), std::string::npos);
  EXPECT_NE(selection_refusal(folder.write("file", {})).find("not a folder"), std::string::npos);
  EXPECT_NE(selection_refusal(folder.path()).find("no class folders; expected"), std::string::npos);
  EXPECT_NE(selection_refusal(folder.path()).find(".jpg"), std::string::npos);
  touch(folder, {"train/a/1.png", "val/a/1.png"});
  EXPECT_NE(selection_refusal(folder.path(), {.split = "trial"}).find("no split 'trial'; found train, val"),
            std::string::npos);
  EXPECT_NE(selection_refusal(folder.path(), {.val_fraction = 1.0}).find("val_fraction"), std::string::npos);
}

TEST(SplitSelection, FoldsPartitionAllButTheTestSplit) {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 11; ++i) touch(folder, {(i < 7 ? "train/a/" : "val/a/") + std::to_string(i) + ".png"});
  for (int i = 0; i < 6; ++i) touch(folder, {(i < 2 ? "train/b/" : "test/b/") + std::to_string(i) + ".png"});
  std::map<std::string, int> validated;
  for (int64_t fold = 1; fold <= 3; ++fold) {
    const SplitOptions val{.split = "val", .folds = 3, .fold = fold}, train{.folds = 3, .fold = fold};
    const auto held_out = names_of(select(folder.path(), val));
    for (const auto& name : held_out) ++validated[name];
    const auto kept = names_of(select(folder.path(), train));
    EXPECT_EQ(held_out.size() + kept.size(), 13u);
    const std::set<std::string> all(kept.begin(), kept.end());
    for (const auto& name : held_out) EXPECT_FALSE(all.contains(name)) << name;
    EXPECT_EQ(select(folder.path(), val).class_names, (Names{"a", "b"}));
  }
  EXPECT_EQ(validated.size(), 13u);
  for (const auto& [name, times] : validated) EXPECT_EQ(times, 1) << name;
  const auto test = names_of(select(folder.path(), {.split = "test", .folds = 3, .fold = 1}));
  EXPECT_EQ(test.size(), 4u) << "a test split stays what it is";
  EXPECT_EQ(select(folder.path(), {.split = "val", .class_names = {"b", "a"}, .folds = 3, .fold = 1}).items[0].label, 0)
      << "labelled by the model's order";
  EXPECT_NE(selection_refusal(folder.path(), {.folds = 14}).find("13 pictures cannot be cut into 14 folds"),
            std::string::npos);
}

TEST(SplitSelection, LinksAreFollowedAndLoopsAreErrors) {
  const test::TemporaryFolder folder, elsewhere;
  touch(elsewhere, {"1.png", "2.png"});
  touch(folder, {"train/a/1.png"});
  fs::create_directory_symlink(elsewhere.path(), folder.path() / "train" / "b");
  EXPECT_EQ(select(folder.path(), {.class_names = {"a", "b"}, .val_fraction = 0.5}).items.size(), 2u);
  fs::create_directory_symlink("..", folder.path() / "train" / "a" / "up");
  EXPECT_NE(selection_refusal(folder.path()).find("a link back to a folder that holds it"), std::string::npos);
}

TEST(ImageFiles, FoundInByteOrderOfTheWholePath) {
  const test::TemporaryFolder folder;
  touch(folder, {"b.png", "a/z.jpg", "a.jpg", "a/b/c.bmp", "note.txt", ".x/y.png"});
  Names names;
  const ImageFiles found = find_image_files(folder.path());
  for (const auto& path : found.paths) names.push_back(path.lexically_relative(folder.path()).string());
  EXPECT_EQ(names, (Names{"a.jpg", "a/b/c.bmp", "a/z.jpg", "b.png"}));
  EXPECT_EQ(found.num_other_files, 1);
}

}  // namespace
}  // namespace multipole

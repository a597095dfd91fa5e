#include <gtest/gtest.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/layouts/pair_folders.h"
#include "datasets/masks/mask_meaning.h"
#include "datasets/segmentation/segmentation_folder.h"
#include "tests/datasets/segmentation/mask_fixtures.h"

namespace multipole {
namespace {

torch::Tensor ids_of(std::initializer_list<int> values) {
  return torch::tensor(std::vector<int>(values), torch::kInt).unsqueeze(0);
}

// Pictures whose masks hold one row of values each, in train.
class MaskMeaningTest : public ::testing::Test {
 protected:
  void write(const std::vector<torch::Tensor>& masks, const std::string& classes = "a\nb\n") {
    if (!classes.empty()) test::write_text(root_ / "classes.txt", classes);
    for (size_t i = 0; i < masks.size(); ++i) test::write_pair(root_, "train", std::to_string(i), masks[i]);
    test::write_pair(root_, "val", "v", ids_of({0}));
  }
  MaskMeaning meaning(const MaskOptions& options = {}) const {
    return find_mask_meaning(list_segmentation(root_.path(), {.split = "train"}), options, {});
  }
  std::string error(const MaskOptions& options) const {
    try {
      meaning(options);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  test::TemporaryFolder root_;
};

TEST_F(MaskMeaningTest, BlackAndWhiteMasksOfTwoClassesHoldNothingIgnored) {
  write({ids_of({0, 0}), ids_of({255, 0})});
  const auto found = meaning();
  EXPECT_EQ(found.options.ignore_index, kNoIgnoreIndex);
  EXPECT_NE(found.note.find("255 is taken for 'b'"), std::string::npos) << found.note;
  // what is found in train holds for val, which could not say so itself
  const SegmentationFolder val(root_.path(), {.split = "val"}, found.options);
  EXPECT_EQ(val.masks().ignore_index, kNoIgnoreIndex);
  EXPECT_EQ(meaning({.ignore_index = 255}).options.ignore_index, 255);
  EXPECT_TRUE(meaning({.ignore_index = 255}).note.empty());
}

TEST_F(MaskMeaningTest, AnythingElseIsTakenAtItsWord) {
  for (const auto& masks : std::vector<std::vector<torch::Tensor>>{{ids_of({0, 255}), ids_of({1, 0})},
                                                                   {ids_of({0, 1})},
                                                                   {ids_of({0, 0})},
                                                                   {ids_of({255, 255})},
                                                                   {ids_of({1, 255})}}) {
    write(masks);
    EXPECT_EQ(meaning().options.ignore_index, 255) << masks[0];
    EXPECT_TRUE(meaning().note.empty()) << meaning().note;
    std::filesystem::remove_all(root_ / "images");
    std::filesystem::remove_all(root_ / "annotations");
  }
  write({ids_of({0, 255})}, "a\nb\nc\n");
  EXPECT_EQ(meaning().options.ignore_index, 255);
}

TEST_F(MaskMeaningTest, ValuesThatAreIgnoredAnywayDoNotCount) {
  write({ids_of({0, 255, 7})});
  EXPECT_EQ(meaning({.ignored_values = {7}}).options.ignore_index, kNoIgnoreIndex);
}

TEST_F(MaskMeaningTest, AMaskThatCannotBeReadIsPassedOver) {
  write({ids_of({0, 0}), ids_of({0, 255})});
  root_.write("annotations/train/0.png", test::to_bytes("no picture"));
  EXPECT_EQ(meaning().options.ignore_index, kNoIgnoreIndex);
}

TEST_F(MaskMeaningTest, WithoutAListTwoValuesAreTwoClasses) {
  write({ids_of({0, 1})}, "");
  EXPECT_EQ(meaning().options.class_names, (std::vector<std::string>{"background", "foreground"}));
  EXPECT_EQ(meaning({.class_names = {"x", "y"}}).options.class_names, (std::vector<std::string>{"x", "y"}));
  const ColorMap colors{{"0 0 0\tground", "1 1 1\tcell", "9 9 9\tignore"}, "colors.txt"};
  EXPECT_EQ(meaning({.color_map = colors}).options.class_names, (std::vector<std::string>{"ground", "cell"}));
  EXPECT_NE(error({.reduce_zero_label = true}).find("there is no"), std::string::npos);
  write({ids_of({0, 1, 2})}, "");
  EXPECT_NE(error({}).find("hold the values 0, 1, 2 (1 of 1 looked at"), std::string::npos) << error({});
}

TEST_F(MaskMeaningTest, AColorMapBesideValuesIsRefused) {
  write({ids_of({0, 1})});
  const ColorMap colors{{"0 0 0\ta", "1 1 1\tb"}, "colors.txt"};
  EXPECT_EQ(error({.color_map = colors}), "no error");
  for (const MaskOptions& options : std::vector<MaskOptions>{{.ignore_index = 255, .color_map = colors},
                                                             {.ignored_values = {3}, .color_map = colors},
                                                             {.reduce_zero_label = true, .color_map = colors}}) {
    EXPECT_NE(error(options).find("colors.txt: a colour map says what every pixel means"), std::string::npos);
  }
}

TEST(PairFolders, OfSeveralFoldersForMasksTheOneWithPicturesIsTaken) {
  const test::TemporaryFolder root;
  root.write("images/a.png", test::encode_picture_for(ids_of({0})));
  EXPECT_FALSE(find_pair_folders(root.path()));
  test::write_text(root.write("labels/a.txt", {}), "0 0.5 0.5 0.1 0.1");
  EXPECT_EQ(find_pair_folders(root.path())->annotations, root / "labels");
  root.write("Label/deep/a.png", test::encode_mask(ids_of({0})));
  EXPECT_EQ(find_pair_folders(root.path())->annotations, root / "Label");
  EXPECT_FALSE(find_pair_folders(root / "absent"));
}

}  // namespace
}  // namespace multipole

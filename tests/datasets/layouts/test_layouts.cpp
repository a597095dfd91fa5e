#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>
#include <string>

#include "base/error.h"
#include "datasets/layouts/layout.h"
#include "datasets/segmentation/segmentation_folder.h"
#include "tests/datasets/segmentation/mask_fixtures.h"

namespace multipole {
namespace {

template <class Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

torch::Tensor ids(std::initializer_list<int> values) {
  return torch::tensor(std::vector<int>(values), torch::kInt).unsqueeze(0);
}

SegmentationFolder open(const test::TemporaryFolder& root, const std::string& split, const MaskOptions& masks = {}) {
  return {root.path(), {.split = split}, masks};
}

TEST(Pairs, ReadsSplitsClassesAndColours) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "sky\t1 2 3\ntraffic light\t4 5 6\n");
  test::write_pair(root, "train", "b", ids({0, 1, 255}));
  test::write_pair(root, "train", "deep/a", ids({1, 1}));
  test::write_pair(root, "validation", "c", ids({0}));
  const auto train = open(root, "train");
  ASSERT_EQ(train.size(), 2);
  EXPECT_EQ(train.class_names(), (std::vector<std::string>{"sky", "traffic light"}));
  EXPECT_EQ(train.palette()[1], (std::vector<int64_t>{4, 5, 6}));
  EXPECT_TRUE(train.get(0).mask.equal(torch::tensor({{0, 1, 255}}, torch::kByte)));
  EXPECT_EQ(train.get(0).image.sizes(), (std::vector<int64_t>{1, 3, 3}));
  EXPECT_EQ(open(root, "val").size(), 1);
}

// Whatever splits there are: none, train and val, or train alone, under any name; a test split is no part of it.
TEST(Pairs, FoldsHoldEachPictureOutOnce) {
  for (const std::vector<std::string>& splits : std::vector<std::vector<std::string>>{
           {""}, {"train", "val", "test"}, {"training", "validation"}, {"train", "test"}, {"training"}}) {
    const test::TemporaryFolder root;
    test::write_text(root / "classes.txt", "a\nb\n");
    size_t expected = 0;
    for (const auto& split : splits) {
      for (int i = 0; i < 6; ++i) test::write_pair(root, split, split + std::to_string(i), ids({0, 1}));
      if (split != "test") expected += 6;
    }
    std::set<std::filesystem::path> held_out;
    for (int64_t fold = 1; fold <= 4; ++fold) {
      SCOPED_TRACE(splits[0] + " " + std::to_string(fold));
      const auto train = list_segmentation(root.path(), {.split = "train", .folds = 4, .fold = fold});
      const auto val = list_segmentation(root.path(), {.split = "val", .folds = 4, .fold = fold});
      EXPECT_EQ(train.pairs.size() + val.pairs.size(), expected);
      EXPECT_NE(val.description.find("fold " + std::to_string(fold) + " of 4"), std::string::npos) << val.description;
      for (const auto& pair : val.pairs) EXPECT_TRUE(held_out.insert(pair.image).second) << pair.image;
    }
    EXPECT_EQ(held_out.size(), expected) << splits[0];
  }
}

TEST(Pairs, WithoutFoldersASeededSplitIsMade) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "a\nb\n");
  for (int i = 0; i < 10; ++i) test::write_pair(root, "", std::to_string(i), ids({0, 1}));
  const SegmentationSplitOptions train{.split = "train"}, val{.split = "val"};
  const auto first = list_segmentation(root.path(), train), second = list_segmentation(root.path(), val);
  EXPECT_EQ(first.pairs.size(), 8);
  EXPECT_EQ(second.pairs.size(), 2);
  std::set<std::filesystem::path> all;
  for (const auto& pair : first.pairs) all.insert(pair.image);
  for (const auto& pair : second.pairs) all.insert(pair.image);
  EXPECT_EQ(all.size(), 10);
  EXPECT_NE(second.description.find("seed 0"), std::string::npos);
  EXPECT_EQ(list_segmentation(root.path(), val).pairs[0].image, second.pairs[0].image);
  EXPECT_NE(error_of([&] { list_segmentation(root.path(), {.split = "test"}); }).find("no split 'test'"),
            std::string::npos);
}

// Otherwise the model would be measured on what it was trained on.
TEST(Pairs, WithoutAFolderForValTheTrainingPicturesAreCut) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "a\nb\n");
  for (int i = 0; i < 10; ++i) test::write_pair(root, "train", std::to_string(i), ids({0, 1}));
  std::set<std::filesystem::path> all;
  for (const std::string split : {"train", "val"}) {
    for (const auto& pair : list_segmentation(root.path(), {.split = split}).pairs) {
      EXPECT_TRUE(all.insert(pair.image).second) << pair.image;
    }
  }
  EXPECT_EQ(all.size(), 10);
  EXPECT_EQ(layout_splits(root.path(), "auto"), (std::vector<std::string>{"train", "val"}));
}

TEST(Pairs, MasksOfNoPictureAreFound) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "a\nb\n");
  test::write_pair(root, "train", "p", ids({0}));
  test::write_pair(root, "test", "q", ids({0}));
  root.write("annotations/train/deep/r.png", test::encode_mask(ids({0})));
  EXPECT_EQ(open(root, "train").unused_masks(),
            std::vector<std::string>{(root / "annotations/train/deep/r.png").string()});
  EXPECT_TRUE(open(root, "test").unused_masks().empty());
  EXPECT_EQ(layout_splits(root.path(), "auto"), (std::vector<std::string>{"train", "test"}));
}

TEST(Pairs, WhatDoesNotMatchIsNamed) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "a\nb\n");
  test::write_pair(root, "train", "p", ids({0, 1}));
  test::write_pair(root, "val", "v", ids({0}));
  root.write("images/train/q.png", test::encode_picture_for(ids({0})));
  EXPECT_NE(error_of([&] { open(root, "train"); }).find("annotations/train/q.png"), std::string::npos);
  root.write("annotations/train/q.png", test::encode_mask(ids({0, 1, 1})));
  EXPECT_NE(error_of([&] { open(root, "train").get(1); }).find("the mask is 3 x 1 pixels, but its picture"),
            std::string::npos);
  root.write("annotations/train/q.png", test::encode_mask(ids({2})));
  EXPECT_NE(error_of([&] { open(root, "train").get(1); }).find("q.png: the value 2 at row 0, column 0"),
            std::string::npos);
  EXPECT_NO_THROW(open(root, "train", {.ignored_values = {2}}).get(1));
  root.write("images/train/p.jpg", test::encode_jpeg(test::gradient_image(1, 2)));
  EXPECT_NE(error_of([&] { open(root, "train"); }).find("share the mask"), std::string::npos);
}

// Masks as programs name them, one kind at a time.
TEST(Pairs, MasksAreFoundByTheirUsualNames) {
  for (const std::string name : {"p.png", "p.PNG", "p.tif", "p.TIFF", "p.geojson", "p.gpkg", "p_mask.png",
                                 "p-Label.tif", "p.gt.png", "p_seg.geojson"}) {
    const test::TemporaryFolder root;
    test::write_text(root / "classes.txt", "a\nb\n");
    for (const std::string folder : {"images/", "images/deep/"}) {
      root.write(folder + "p.jpg", test::encode_jpeg(test::gradient_image(1, 2)));
      root.write(folder + "other.jpg", test::encode_jpeg(test::gradient_image(1, 2)));
    }
    for (const std::string folder : {"masks/", "masks/deep/"}) {
      root.write(folder + name, test::encode_mask(ids({0, 1})));
      root.write(folder + "other.png", test::encode_mask(ids({0, 1})));
      root.write(folder + "p.jpg", test::encode_jpeg(test::gradient_image(1, 2)));  // to look at
    }
    const auto listing = list_uncut(root.path(), {});
    ASSERT_EQ(listing.pairs.size(), 4u) << name;
    EXPECT_TRUE(listing.is_uncut);
    EXPECT_EQ(listing.pairs[1].mask, root / ("masks/deep/" + name));
    EXPECT_EQ(listing.pairs[3].mask, root / ("masks/" + name));
  }
}

TEST(Pairs, MasksThatCannotBeToldApartAreRefused) {
  const test::TemporaryFolder root;
  test::write_text(root / "classes.txt", "a\nb\n");
  test::write_pair(root, "", "p", ids({0, 1}));
  root.write("annotations/p_mask.png", test::encode_mask(ids({0, 1})));
  EXPECT_NO_THROW(list_uncut(root.path(), {})) << "the picture's own name comes first";
  root.write("annotations/p.tif", test::encode_mask(ids({0, 1})));
  EXPECT_NE(error_of([&] { list_uncut(root.path(), {}); }).find("p.png has several masks"), std::string::npos);
  const test::TemporaryFolder other;
  other.write("photos/p.png", test::encode_picture_for(ids({0, 1})));
  other.write("Masks/p_mask.jpg", test::encode_jpeg(test::gradient_image(1, 2)));
  const std::string said = error_of([&] { list_uncut(other.path(), {}); });
  EXPECT_NE(said.find("p_mask.jpg cannot be the mask of p.png: a JPEG blurs"), std::string::npos) << said;
}

TEST(Pairs, ClassListsAreChecked) {
  const test::TemporaryFolder root;
  test::write_pair(root, "train", "p", ids({0}));
  const auto with_classes = [&](const std::string& text) {
    test::write_text(root / "classes.txt", text);
    return error_of([&] { open(root, "train"); });
  };
  EXPECT_NE(error_of([&] { open(root, "train"); }).find("classes.txt"), std::string::npos);
  EXPECT_NE(with_classes("a\nb\na\n").find("'a': stands twice"), std::string::npos);
  EXPECT_NE(with_classes("a\t1 2 3\nb\n").find("all classes a colour"), std::string::npos);
  EXPECT_NE(with_classes("a\t1 2 300\n").find("expected a colour"), std::string::npos);
  EXPECT_NE(with_classes("\n").find("names no class"), std::string::npos);
}

TEST(Ade20k, IsToldByItsListAndLeavesZeroOut) {
  const test::TemporaryFolder root;
  test::write_text(root / "objectInfo150.txt",
                   "Idx\tRatio\tTrain\tVal\tName\n1\t0.15\t11664\t1172\twall\n2\t0.10\t7\t8\tbuilding, edifice\n");
  test::write_pair(root, "training", "ADE_train_1", ids({0, 1, 2}));
  const auto data = open(root, "train");
  EXPECT_EQ(data.class_names(), (std::vector<std::string>{"wall", "building"}));
  EXPECT_TRUE(data.get(0).mask.equal(torch::tensor({{255, 0, 1}}, torch::kByte)));
}

TEST(Voc, FollowsItsListsAndKeepsPaletteIds) {
  const test::TemporaryFolder root;
  root.write("JPEGImages/one.jpg", test::encode_jpeg(test::gradient_image(1, 3)));
  root.write("JPEGImages/two.jpg", test::encode_jpeg(test::gradient_image(1, 3)));
  root.write("SegmentationClass/one.png", test::encode_mask(ids({0, 20, 255}), 8, /*palette=*/true));
  root.write("ImageSets/Segmentation/val.txt", {'o', 'n', 'e', '\n'});
  const auto data = open(root, "val");
  ASSERT_EQ(data.size(), 1);
  EXPECT_EQ(data.class_names().size(), 21);
  EXPECT_TRUE(data.get(0).mask.equal(torch::tensor({{0, 20, 255}}, torch::kByte)));
  // aeroplane is dark red, tvmonitor the last of the devkit's colours
  EXPECT_EQ(data.palette()[1], (std::vector<int64_t>{128, 0, 0}));
  EXPECT_EQ(data.palette()[20], (std::vector<int64_t>{0, 64, 128}));
  root.write("ImageSets/Segmentation/train.txt", {'t', 'w', 'o', '\n'});
  root.write("ImageSets/Segmentation/trainval.txt", {'o', 'n', 'e', '\n', 't', 'w', 'o', '\n'});
  EXPECT_EQ(layout_splits(root.path(), "auto"), (std::vector<std::string>{"train", "val"}));
  EXPECT_NE(error_of([&] { open(root, "train"); }).find("two.png"), std::string::npos);
}

TEST(Cityscapes, TurnsLabelIdsIntoTrainIds) {
  const test::TemporaryFolder root;
  const auto stored = ids({7, 33, 0, 34 - 1, 4});
  root.write("leftImg8bit/train/bonn/bonn_1_leftImg8bit.png", test::encode_picture_for(stored));
  root.write("gtFine/train/bonn/bonn_1_gtFine_labelIds.png", test::encode_mask(stored));
  const auto data = open(root, "train");
  EXPECT_EQ(data.class_names().size(), 19);
  EXPECT_TRUE(data.get(0).mask.equal(torch::tensor({{0, 18, 255, 18, 255}}, torch::kByte)));
}

TEST(Layouts, AnUnknownFolderOrNameSaysWhatIsKnown) {
  const test::TemporaryFolder root;
  EXPECT_NE(error_of([&] { open(root, "train"); }).find("none of the known layouts"), std::string::npos);
  EXPECT_NE(error_of([&] { list_segmentation(root.path() / "absent", {}); }).find("is no folder"), std::string::npos);
  EXPECT_NE(error_of([&] { list_segmentation(root.path(), {.layout = "vocc"}); }).find("did you mean 'voc'"),
            std::string::npos);
}

}  // namespace
}  // namespace multipole

#include <gtest/gtest.h>
#include <torch/types.h>

#include <atomic>
#include <string>

#include "base/error.h"
#include "datasets/inspection/mask_census.h"
#include "tests/datasets/segmentation/mask_fixtures.h"

namespace multipole {
namespace {

void ignore_progress(int64_t, int64_t) {}

// Three splits of two pictures: a left half of class 0, a right half of class 1.
class MaskCensusTest : public ::testing::TestWithParam<int64_t> {
 protected:
  MaskCensusTest() {
    test::write_text(root_ / "classes.txt", "a\nb\nc\n");
    const auto ids = torch::cat({torch::zeros({6, 4}), torch::ones({6, 4})}, 1).to(torch::kInt);
    for (const std::string split : {"train", "val", "test"}) {
      for (const std::string name : {"0", "1"}) {
        const auto picture = torch::randint(0, 256, {6, 8, 3}, torch::kUInt8);
        root_.write("images/" + split + "/" + name + ".png", encode_png(picture));
        root_.write("annotations/" + split + "/" + name + ".png", test::encode_mask(ids));
      }
    }
  }
  MaskCensus take() const { return take_mask_census(root_.path(), {.num_workers = GetParam()}, ignore_progress); }

  test::TemporaryFolder root_;
};

TEST_P(MaskCensusTest, CountsClassesAndSizesOfEachSplit) {
  const auto census = take();
  ASSERT_EQ(census.splits.size(), 3u);
  EXPECT_EQ(census.splits[2].name, "test");
  for (const auto& split : census.splits) {
    EXPECT_EQ(split.census.samples, 2);
    EXPECT_EQ(split.census.class_pixels, (std::vector<int64_t>{48, 48, 0}));
    EXPECT_EQ(split.census.class_samples, (std::vector<int64_t>{2, 2, 0}));
    EXPECT_EQ(split.census.sizes.at({6, 8}), 2);
  }
  EXPECT_TRUE(census.problems.empty());
  EXPECT_TRUE(census.lacks_classes()) << "c has no pixel";
  EXPECT_EQ(census.num_bad(), 0);
}

TEST_P(MaskCensusTest, NamesWhatIsWrong) {
  root_.write("annotations/val/1.png", test::encode_mask(torch::full({6, 8}, 7)));
  root_.write("annotations/val/2.png", test::encode_mask(torch::zeros({6, 8})));
  root_.write("images/test/9.png", test::encode_picture_for(torch::zeros({6, 8})));
  const auto census = take();
  ASSERT_EQ(census.num_bad(), 1);
  EXPECT_NE(census.splits[1].census.bad[0].reason.find("1.png: the value 7 at row 0"), std::string::npos);
  EXPECT_EQ(census.unused_masks, std::vector<std::string>{(root_ / "annotations/val/2.png").string()});
  ASSERT_EQ(census.problems.size(), 1u) << "pictures without masks make a split unusable";
  EXPECT_NE(census.problems[0].find("annotations/test/9.png"), std::string::npos) << census.problems[0];
  EXPECT_EQ(census.splits.size(), 2u);
}

TEST_P(MaskCensusTest, FindsAPictureThatIsInTwoSplits) {
  std::filesystem::copy_file(root_ / "images/train/0.png", root_ / "images/test/1.png",
                             std::filesystem::copy_options::overwrite_existing);
  const auto census = take();
  ASSERT_EQ(census.near_duplicates.size(), 1u);
  EXPECT_EQ(census.near_duplicates[0].first, (root_ / "images/train/0.png").string());
  EXPECT_EQ(census.near_duplicates[0].second, (root_ / "images/test/1.png").string());
}

TEST_P(MaskCensusTest, EndsWhenToldTo) {
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(take_mask_census(root_.path(), {.num_workers = GetParam()}, ignore_progress, &stop).complete);
}

INSTANTIATE_TEST_SUITE_P(Workers, MaskCensusTest, ::testing::Values(1, 3));

}  // namespace
}  // namespace multipole

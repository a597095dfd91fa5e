// What a check counts: readable pictures by class, sizes, bad files by name, look-alikes across splits.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "datasets/inspection/data_census.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/resize.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

torch::Tensor random_picture(int64_t height, int64_t width) {
  return resize(torch::randint(0, 256, {5, 5, 3}, torch::kUInt8), height, width, Interpolation::kBicubic);
}

DataCensus census_of(const std::filesystem::path& path, int64_t workers = 2) {
  return take_census(*open_picture_source(path), workers, [](int64_t, int64_t) {});
}

class Census : public ::testing::Test {
 protected:
  Census() {
    torch::manual_seed(static_cast<int64_t>(test::test_seed()));
    const torch::Tensor shared = random_picture(64, 80);
    folder_.write("train/cat/1.png", encode_png(shared));
    folder_.write("train/cat/2.png", encode_png(random_picture(20, 30)));
    folder_.write("train/dog/1.png", encode_png(random_picture(20, 30)));
    folder_.write("train/dog/bad.jpg", test::to_bytes("<html>"));
    folder_.write("val/cat/copy.jpg", test::encode_jpeg(shared, 90));
    folder_.write("val/dog/flat.png", encode_png(torch::full({9, 9, 3}, 5, torch::kUInt8)));
  }
  test::TemporaryFolder folder_;
};

TEST_F(Census, CountsAndNames) {
  for (const int64_t workers : {1, 3}) {
    const DataCensus census = census_of(folder_.path(), workers);
    EXPECT_EQ(census.data.class_names, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(census.data.splits, (std::vector<std::string>{"train", "val"}));
    EXPECT_EQ(census.class_counts, (std::vector<std::vector<int64_t>>{{2, 1}, {1, 1}}));
    EXPECT_EQ(census.num_readable(), 5);
    ASSERT_EQ(census.bad.size(), 1u);
    EXPECT_NE(census.bad[0].reason.find("bad.jpg"), std::string::npos);
    EXPECT_EQ(census.sizes.at({20, 30}), 2);
    EXPECT_EQ(census.short_sides, (std::map<int64_t, int64_t>{{8, 1}, {16, 2}, {64, 2}}));
    EXPECT_EQ(census.num_flat, 1);
    ASSERT_EQ(census.near_duplicates.size(), 1u);
    const auto& pair = census.near_duplicates[0];
    EXPECT_EQ(census.data.pictures[pair.first].picture.name, "train/cat/1.png");
    EXPECT_EQ(census.data.pictures[pair.second].picture.name, "val/cat/copy.jpg");
    EXPECT_TRUE(census.data.problems.empty());
  }
}

TEST_F(Census, ProblemsOfTheLayoutAreListedAndNotThrown) {
  folder_.write("val/zebra/1.png", encode_png(random_picture(9, 9)));
  std::filesystem::create_directory(folder_.path() / "train" / "empty");
  const DataCensus census = census_of(folder_.path());
  ASSERT_EQ(census.data.problems.size(), 2u);
  EXPECT_NE(census.data.problems[0].find("a class without a picture: empty"), std::string::npos);
  EXPECT_NE(census.data.problems[1].find("no class of train: zebra"), std::string::npos);
}

TEST_F(Census, WithoutSplitsAllAreCompared) {
  const DataCensus census = census_of(folder_.path() / "train");
  EXPECT_TRUE(census.near_duplicates.empty());
  std::filesystem::copy(folder_.path() / "train/cat/1.png", folder_.path() / "train/dog/again.png");
  EXPECT_EQ(census_of(folder_.path() / "train").near_duplicates.size(), 1u);
}

TEST_F(Census, StopsWhereItIsAskedTo) {
  const std::atomic<bool> stop = true;
  const DataCensus census = take_census(
      *open_picture_source(folder_.path()), 2, [](int64_t, int64_t) {}, &stop);
  EXPECT_FALSE(census.complete);
}

}  // namespace
}  // namespace multipole

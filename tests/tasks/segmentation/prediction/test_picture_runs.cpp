// Stretches of a list of pictures: large ones alone, the others together, in their order.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tasks/segmentation/prediction/picture_runs.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Runs = std::vector<std::vector<size_t>>;

Runs runs_of(const std::vector<bool>& large, const std::vector<bool>& skipped = {}) {
  PictureRuns runs(
      large.size(), [&](size_t i) { return large[i]; }, [&](size_t i) { return !skipped.empty() && skipped[i]; });
  Runs all;
  while (runs.start()) {
    all.emplace_back();
    while (const auto index = runs.next()) all.back().push_back(*index);
    EXPECT_FALSE(runs.next());
  }
  EXPECT_FALSE(runs.start());
  return all;
}

TEST(PictureRuns, LargeOnesAreAlone) {
  EXPECT_EQ(runs_of({}), Runs());
  EXPECT_EQ(runs_of({false}), (Runs{{0}}));
  EXPECT_EQ(runs_of({false, false, false}), (Runs{{0, 1, 2}}));
  EXPECT_EQ(runs_of({true, true}), (Runs{{0}, {1}}));
  EXPECT_EQ(runs_of({false, false, true, false, true, true, false}), (Runs{{0, 1}, {2}, {3}, {4}, {5}, {6}}));
}

TEST(PictureRuns, SkippedOnesAreNotLookedAt) {
  EXPECT_EQ(runs_of({true, false, true, false}, {true, false, true, false}), (Runs{{1, 3}}));
  EXPECT_EQ(runs_of({false, false}, {true, true}), Runs());
  PictureRuns runs(
      3, [](size_t i) { return i == 1 ? throw 1 : false; }, [](size_t i) { return i == 1; });
  ASSERT_TRUE(runs.start());
  EXPECT_EQ(runs.next(), 0u);
  EXPECT_EQ(runs.next(), 2u);
  EXPECT_FALSE(runs.next());
}

TEST(PictureRuns, FilesAreLargeByTheirPixels) {
  const test::TemporaryFolder folder;
  const auto noise = [](int64_t height, int64_t width) {
    return encode_png(torch::randint(0, 256, {height, width, 3}, torch::kUInt8));
  };
  EXPECT_TRUE(is_large_picture(2048, 2048));
  EXPECT_FALSE(is_large_picture(2048, 2047));
  EXPECT_TRUE(is_large_picture(folder.write("large.png", noise(2100, 2000)), {}));
  EXPECT_FALSE(is_large_picture(folder.write("small.png", noise(500, 600)), {}));
  EXPECT_FALSE(is_large_picture(folder.write("broken.png", std::vector<unsigned char>(1 << 20, 7)), {}));
  EXPECT_FALSE(is_large_picture(folder / "missing.png", {}));
}

}  // namespace
}  // namespace multipole

// Every tile of every level, whatever the sizes and however the rows come.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <tuple>

#include "tasks/segmentation/view/halving.h"
#include "tasks/segmentation/view/tile_pyramid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using Tiles = std::map<std::tuple<int64_t, int64_t, int64_t>, torch::Tensor>;

// Writes `pixels` in bands of random heights.
Tiles tiles_of(const torch::Tensor& pixels, int64_t side) {
  Tiles tiles;
  TilePyramid pyramid(
      {pixels.size(0), pixels.size(1)}, side, pixels.dim() == 3 ? halve_by_mean : halve_by_majority,
      [&](const TilePlace& place, const torch::Tensor& tile) {
        const bool is_new = tiles.try_emplace({place.level, place.row, place.column}, tile.clone()).second;
        EXPECT_TRUE(is_new) << "a tile came twice";
      });
  for (int64_t y = 0; y < pixels.size(0);) {
    EXPECT_FALSE(pyramid.is_complete());
    const int64_t rows = std::min(pixels.size(0) - y, test::random_int(1, 3 * side));
    pyramid.write(pixels.narrow(0, y, rows));
    y += rows;
  }
  EXPECT_TRUE(pyramid.is_complete());
  return tiles;
}

torch::Tensor put_together(const Tiles& tiles, int64_t level, ImageSize size, int64_t side) {
  std::vector<torch::Tensor> rows;
  for (int64_t row = 0; row * side < size.height; ++row) {
    std::vector<torch::Tensor> columns;
    for (int64_t column = 0; column * side < size.width; ++column) columns.push_back(tiles.at({level, row, column}));
    rows.push_back(torch::cat(columns, 1));
  }
  return torch::cat(rows, 0);
}

TEST(TilePyramid, EveryLevelIsTheWholeHalvedOnceMore) {
  for (int trial = 0; trial < 12; ++trial) {
    const int64_t side = 2 * test::random_int(1, 12);
    std::vector<int64_t> sizes = {test::random_int(1, 150), test::random_int(1, 150)};
    const bool is_picture = trial % 2 == 0;
    if (is_picture) sizes.push_back(3);
    const auto pixels = torch::randint(0, is_picture ? 256 : 5, sizes, torch::kUInt8);
    SCOPED_TRACE(testing::Message() << pixels.sizes() << " in tiles of " << side);
    const ImageSize size{sizes[0], sizes[1]};
    const Tiles tiles = tiles_of(pixels, side);
    const auto levels = pyramid_levels(size, side);
    torch::Tensor expected = pixels;
    for (auto level = static_cast<int64_t>(levels.size()) - 1; level >= 0; --level) {
      const auto& level_size = levels[static_cast<size_t>(level)];
      ASSERT_EQ(level_size.height, expected.size(0));
      ASSERT_TRUE(put_together(tiles, level, level_size, side).equal(expected)) << "level " << level;
      expected = is_picture ? halve_by_mean(expected) : halve_by_majority(expected);
    }
    EXPECT_LE(std::max(levels[0].height, levels[0].width), side) << "the first level is one tile";
    EXPECT_EQ(static_cast<int64_t>(tiles.size()), count_pyramid_tiles(size, side));
  }
}

TEST(TilePyramid, CountsOfALargePicture) {
  EXPECT_EQ(pyramid_levels({8000, 12000}, 512).size(), 6u);
  EXPECT_EQ(count_pyramid_tiles({8000, 12000}, 512), 384 + 96 + 24 + 6 + 2 + 1);
  EXPECT_EQ(count_pyramid_tiles({1, 1}, 512), 1);
  EXPECT_EQ(count_pyramid_tiles({512, 513}, 512), 2 + 1);
}

TEST(TilePyramid, RowsThatDoNotFitAreRefused) {
  TilePyramid pyramid({5, 7}, 4, halve_by_majority, [](const TilePlace&, const torch::Tensor&) {});
  EXPECT_THROW(pyramid.write(torch::zeros({2, 8}, torch::kUInt8)), c10::Error);
  EXPECT_THROW(pyramid.write(torch::zeros({6, 7}, torch::kUInt8)), c10::Error);
  EXPECT_THROW(TilePyramid({5, 7}, 5, halve_by_majority, {}), c10::Error);
}

}  // namespace
}  // namespace multipole

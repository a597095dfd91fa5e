// Blocks cover the ground once, and those to train on keep their distance from those to evaluate on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "datasets/ground/ground_blocks.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

// What each pixel of a raster belongs to: the place of a block, or -1.
std::vector<int> painted(const RasterSize& size, const std::vector<GroundBlock>& blocks, size_t raster) {
  std::vector<int> map(static_cast<size_t>(size.height * size.width), -1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].raster != raster) continue;
    const CropBox& box = blocks[i].box;
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.bottom(), size.height);
    EXPECT_GE(box.left, 0);
    EXPECT_LE(box.right(), size.width);
    for (int64_t y = box.top; y < box.bottom(); ++y) {
      for (int64_t x = box.left; x < box.right(); ++x) {
        int& pixel = map[static_cast<size_t>(y * size.width + x)];
        EXPECT_EQ(pixel, -1) << "a pixel in two blocks";
        pixel = static_cast<int>(i);
      }
    }
  }
  return map;
}

TEST(GroundBlocks, CoverEveryPixelOnceAndAreAlike) {
  for (int round = 0; round < 50; ++round) {
    const std::vector<RasterSize> sizes = {{random_int(1, 90), random_int(1, 90)},
                                           {random_int(1, 90), random_int(1, 90)}};
    const int64_t side = random_int(1, 50);
    const auto blocks = cut_into_blocks(sizes, side);
    for (size_t raster = 0; raster < 2; ++raster) {
      const auto map = painted(sizes[raster], blocks, raster);
      EXPECT_EQ(std::count(map.begin(), map.end(), -1), 0);
      int64_t least = 1000, most = 0;
      for (const auto& block : blocks) {
        if (block.raster != raster) continue;
        least = std::min(least, block.box.height);
        most = std::max(most, block.box.height);
      }
      EXPECT_LE(most - least, 1);
      if (sizes[raster].height >= side) {
        EXPECT_LT(most, 2 * side);
      }
    }
  }
}

TEST(GroundBlocks, NoTrainingPixelIsWithinTheGap) {
  for (int round = 0; round < 60; ++round) {
    const std::vector<RasterSize> sizes = {{random_int(8, 60), random_int(8, 60)}, {20, 20}};
    const auto blocks = cut_into_blocks(sizes, random_int(5, 20));
    std::vector<bool> held_out;
    for (size_t i = 0; i < blocks.size(); ++i) held_out.push_back(random_int(0, 3) == 0);
    const int64_t gap = random_int(0, 6);
    const auto kept = blocks_apart(blocks, held_out, gap);
    std::vector<GroundBlock> val;
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (held_out[i]) val.push_back(blocks[i]);
    }
    const auto train_map = painted(sizes[0], kept, 0), val_map = painted(sizes[0], val, 0);
    const auto [height, width] = sizes[0];
    const auto is_val = [&](int64_t y, int64_t x) {
      return y >= 0 && x >= 0 && y < height && x < width && val_map[static_cast<size_t>(y * width + x)] >= 0;
    };
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        bool is_near = false;
        for (int64_t v = y - gap; v <= y + gap; ++v) {
          for (int64_t u = x - gap; u <= x + gap; ++u) is_near |= is_val(v, u);
        }
        if (is_near) {
          ASSERT_EQ(train_map[static_cast<size_t>(y * width + x)], -1) << gap << ": " << x << ", " << y;
        }
      }
    }
    // far from every block that is held out nothing is lost
    if (std::none_of(held_out.begin(), held_out.end(), [](bool held) { return held; })) {
      EXPECT_EQ(kept.size(), blocks.size());
    }
  }
}

TEST(GroundBlocks, TheSideFollowsTheRasters) {
  EXPECT_EQ(choose_block_side({{8000, 12000}}), 1024);
  EXPECT_EQ(choose_block_side({{3000, 3000}}), 512);
  EXPECT_EQ(choose_block_side({{3000, 3000}, {3000, 3000}, {3000, 3000}}), 1024);
  EXPECT_EQ(choose_block_side({{300, 200}}), 128);
}

}  // namespace
}  // namespace multipole

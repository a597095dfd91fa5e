// The check of tiles against what the segmenter says of the same pixels whole and in tiles.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>

#include "tasks/segmentation/agreement/tile_check.h"
#include "tests/tasks/segmentation/prediction/segmenter_fixture.h"

namespace multipole {
namespace {

using test::kTiles;
using test::kWhole;

class CheckOfTiles : public test::SegmenterOfTensors {
 protected:
  static TileCheckResult check(const Segmenter& segmenter, const torch::Tensor& pixels) {
    const PictureOpener open = [&] { return rows_of(pixels); };
    TileCheck asked(segmenter);
    const Segmentation own = segmenter.predict(pixels);
    asked.begin(own.run.plan);
    return asked.run(open, asked.needs_map() ? own.classes : torch::Tensor(), [](int64_t, int64_t) {});
  }
  // Maps of the box, by segmenters of those tiles.
  void expect_difference_of(const TileCheckResult& found, const torch::Tensor& pixels, const TileOptions& tiles) const {
    const PictureBox& box = found.box;
    const auto part = pixels.narrow(0, box.row, box.height).narrow(1, box.column, box.width).contiguous();
    const auto whole = segmenter({.tiles = kWhole}).predict(part), cut = segmenter({.tiles = tiles}).predict(part);
    const auto differs = whole.classes.ne(cut.classes);
    EXPECT_TRUE(found.difference.eq(kDiffers).equal(differs));
    EXPECT_EQ(found.agreement->pixels(), part.size(0) * part.size(1));
    EXPECT_NEAR(found.agreement->alike(), 1 - differs.to(torch::kDouble).mean().item<double>(), 1e-12);
    EXPECT_EQ(found.plan.num_tiles(), cut.run.plan.num_tiles());
    EXPECT_GT(found.plan.num_tiles(), 1);
    for (const int64_t row : found.plan.row_borders) {
      EXPECT_FALSE(found.difference.narrow(0, row - 1, 2).eq(kAlike).any().item<bool>());
    }
  }
};

TEST_F(CheckOfTiles, TilesThatAreNamed) {
  for (const bool context : {false, true}) {
    if (context) write_model_with_context();
    const Segmenter asked = segmenter({.tiles = kTiles});
    EXPECT_EQ(asked.has_coarse_view(), context);
    const auto pixels = picture(70, 200);
    const auto found = check(asked, pixels);
    ASSERT_EQ(found.not_checked, "");
    EXPECT_EQ(found.box.height, pixels.size(0));
    EXPECT_EQ(found.box.width, pixels.size(1));
    expect_difference_of(found, pixels, kTiles);
  }
}

TEST_F(CheckOfTiles, HalvesOfAPictureThatIsDoneWhole) {
  for (const TileOptions& tiles : {TileOptions{}, kWhole}) {
    const auto pixels = torch::randint(0, 256, {120, 301, 3}, torch::kUInt8);
    const auto found = check(segmenter({.tiles = tiles}), pixels);
    ASSERT_EQ(found.not_checked, "");
    expect_difference_of(found, pixels, {.mode = TileMode::kFixed, .tile = 151});
  }
}

TEST_F(CheckOfTiles, APartWhereMemoryDoesNotHoldTheWhole) {
  const auto pixels = torch::randint(0, 256, {700, 900, 3}, torch::kUInt8);
  const Segmenter measuring = segmenter({.tiles = kWhole});
  const double most = measuring.plan({700, 900}, kWhole).bytes, half = measuring.plan({490, 630}, kWhole).bytes;
  const auto limit = static_cast<int64_t>((most + half) / 2);
  const TileOptions named = {.mode = TileMode::kFixed, .tile = 256, .overlap = 40};
  for (const TileOptions& tiles : {named, TileOptions{}}) {
    const auto found = check(segmenter({.tiles = tiles, .memory_limit = limit}), pixels);
    ASSERT_EQ(found.not_checked, "");
    EXPECT_LT(found.box.height, 700);
    EXPECT_GT(found.box.height, 260);
    EXPECT_NEAR(static_cast<double>(found.box.width) / static_cast<double>(found.box.height), 9.0 / 7, 0.01);
    EXPECT_LE(std::abs(2 * found.box.row + found.box.height - 700), 1);
    EXPECT_LE(std::abs(2 * found.box.column + found.box.width - 900), 1);
    EXPECT_GT(found.plan.num_tiles(), 1);
    if (tiles.mode == TileMode::kFixed) expect_difference_of(found, pixels, named);
  }
}

TEST_F(CheckOfTiles, OneTileIsNothingToCheck) {
  const auto pixels = torch::randint(0, 256, {50, 128, 3}, torch::kUInt8);
  EXPECT_EQ(check(segmenter(), pixels).not_checked, "it fits into one tile");
  EXPECT_EQ(check(segmenter({.tiles = {.mode = TileMode::kFixed, .tile = 130}}), pixels).not_checked,
            "it fits into one tile");
  const auto found = check(segmenter({.tiles = kTiles}), pixels);
  EXPECT_EQ(found.not_checked, "");
}

TEST_F(CheckOfTiles, WhatIsThrownEndsIt) {
  struct Stop {};
  const auto pixels = picture(200, 250);
  const Segmenter asked = segmenter({.tiles = kTiles});
  TileCheck check(asked);
  const Segmentation own = asked.predict(pixels);
  check.begin(own.run.plan);
  EXPECT_THROW(check.run([&] { return rows_of(pixels); }, own.classes, [](int64_t, int64_t) { throw Stop(); }), Stop);
}

}  // namespace
}  // namespace multipole

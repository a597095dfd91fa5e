// Tiles cover a picture, fit their size, start on the model's grid, and their windows sum to one.
#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "tasks/segmentation/inference/tile_grid.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

TileShape random_shape() {
  TileShape shape;
  shape.alignment = int64_t{1} << random_int(0, 5);
  shape.overlap = random_int(0, 70);
  const int64_t least_step = (std::max<int64_t>(1, shape.overlap) + shape.alignment - 1) / shape.alignment;
  shape.tile = shape.overlap + least_step * shape.alignment + random_int(0, 200);
  return shape;
}

// What tile i weighs at each pixel of the axis.
std::vector<double> window_of(const TileAxis& axis, int64_t i, int64_t extent) {
  std::vector<double> window(static_cast<size_t>(extent), 0);
  const auto& span = axis.spans[static_cast<size_t>(i)];
  const auto weights = ramp_weights(axis.ramp);
  for (int64_t x = span.used_begin; x < span.used_end; ++x) {
    double weight = 1;
    if (i > 0 && x < span.used_begin + axis.ramp) weight *= weights[x - span.used_begin].item<float>();
    if (i + 1 < axis.size() && x >= span.used_end - axis.ramp) {
      weight *= 1 - weights[x - (span.used_end - axis.ramp)].item<float>();
    }
    window[static_cast<size_t>(x)] = weight;
  }
  return window;
}

TEST(TileGrid, LawsOfAnAxis) {
  for (int round = 0; round < 200; ++round) {
    const TileShape shape = random_shape();
    const int64_t extent = random_int(1, 1500);
    SCOPED_TRACE("extent " + std::to_string(extent) + ", tile " + std::to_string(shape.tile) + ", overlap " +
                 std::to_string(shape.overlap) + ", alignment " + std::to_string(shape.alignment));
    const TileAxis axis = make_tile_axis(extent, shape);
    EXPECT_LE(axis.longest(), shape.tile);
    EXPECT_EQ(axis.spans.front().begin, 0);
    EXPECT_EQ(axis.spans.back().end, extent);
    if (extent <= shape.tile) {
      EXPECT_EQ(axis.size(), 1);
    }
    std::vector<double> sum(static_cast<size_t>(extent), 0);
    int64_t final_end = 0;
    for (int64_t i = 0; i < axis.size(); ++i) {
      const auto& span = axis.spans[static_cast<size_t>(i)];
      EXPECT_EQ(span.begin % shape.alignment, 0);
      EXPECT_EQ(span.final_begin, final_end);
      EXPECT_GT(span.final_end, span.final_begin);
      final_end = span.final_end;
      if (i > 0) {
        EXPECT_EQ(axis.spans[static_cast<size_t>(i - 1)].end - span.begin, shape.overlap);
      }
      if (i > 1) {
        EXPECT_LE(axis.spans[static_cast<size_t>(i - 2)].used_end, span.used_begin);
      }
      const auto window = window_of(axis, i, extent);
      for (size_t x = 0; x < window.size(); ++x) sum[x] += window[x];
      if (i == 0) {
        EXPECT_EQ(window.front(), 1.0);
      }
      if (i + 1 == axis.size()) {
        EXPECT_EQ(window.back(), 1.0);
      }
    }
    EXPECT_EQ(final_end, extent);
    for (const double value : sum) ASSERT_NEAR(value, 1.0, 1e-6);
  }
}

TEST(TileGrid, AnOverlapBeyondHalfATileIsRefused) {
  EXPECT_THROW(make_tile_axis(100, {.tile = 10, .overlap = 6}), ConfigError);
  EXPECT_THROW(make_tile_axis(100, {.tile = 64, .overlap = 20, .alignment = 64}), ConfigError);
  EXPECT_THROW(make_tile_axis(100, {.tile = 0, .overlap = 0}), ConfigError);
  EXPECT_NO_THROW(make_tile_axis(100, {.tile = 12, .overlap = 6}));
}

}  // namespace
}  // namespace multipole

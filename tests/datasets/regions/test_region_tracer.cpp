// Regions of label maps against flooding and filling.
#include <gtest/gtest.h>

#include <set>

#include "datasets/regions/region_tracer.h"
#include "datasets/regions/ring_shape.h"
#include "tests/datasets/regions/label_maps.h"

namespace multipole {
namespace {

using test::LabelMap;

std::vector<CornerRing> rings_of(const std::vector<Region>& regions, int64_t id) {
  for (const auto& region : regions) {
    if (region.id == id) return region.rings;
  }
  return {};
}

void expect_sound(const CornerRing& ring, bool is_outline) {
  ASSERT_GE(ring.size(), 4u);
  std::set<std::pair<int32_t, int32_t>> corners;
  for (size_t i = 0; i < ring.size(); ++i) {
    const auto& from = ring[i];
    const auto& over = ring[(i + 1) % ring.size()];
    const auto& to = ring[(i + 2) % ring.size()];
    EXPECT_TRUE(corners.emplace(from.x, from.y).second) << "the ring touches itself at " << from.x << ' ' << from.y;
    EXPECT_NE(from.x == over.x, from.y == over.y) << "a side runs along no pixels";
    EXPECT_NE(from.x == over.x, over.x == to.x) << "a corner that turns nowhere";
  }
  EXPECT_EQ(enclosed_pixels(ring) > 0, is_outline);
}

// Each region is there once, by its first pixel, holds exactly its pixels, and counts what they are.
TEST(RegionTracer, RandomMapsComeBackFromTheirOutlines) {
  for (int i = 0; i < 400; ++i) {
    const LabelMap map = test::random_label_map(i % 4 == 0 ? 60 : 12);
    SCOPED_TRACE(std::to_string(map.height) + " x " + std::to_string(map.width));
    const auto ids = test::flooded_regions(map);
    std::vector<int64_t> painted(ids.size(), -1);
    for (const auto& region : test::traced_regions(map)) {
      for (size_t k = 0; k < region.rings.size(); ++k) expect_sound(region.rings[k], k == 0);
      const auto pixels = test::filled_pixels(region.rings, map.width);
      ASSERT_EQ(region.id, pixels.front());
      uint64_t values = 0;
      double weight = 0;
      for (const int64_t pixel : pixels) {
        ASSERT_EQ(painted[static_cast<size_t>(pixel)], -1) << "two regions have pixel " << pixel;
        painted[static_cast<size_t>(pixel)] = region.id;
        ASSERT_EQ(map.labels[static_cast<size_t>(pixel)], region.label);
        values += region.label;
        weight += static_cast<double>(pixel / map.width + 1);
      }
      EXPECT_EQ(region.pixels, static_cast<int64_t>(pixels.size()));
      EXPECT_EQ(region.values, values);
      EXPECT_DOUBLE_EQ(region.weight, weight);
    }
    ASSERT_EQ(painted, ids);
    if (HasFatalFailure()) return;
  }
}

TEST(RegionTracer, ASinglePixelIsASquare) {
  const auto regions = test::traced_regions({1, 1, {7}});
  ASSERT_EQ(regions.size(), 1u);
  EXPECT_EQ(regions[0].label, 7);
  // down, right, up and left: counter-clockwise on the screen
  const CornerRing& ring = regions[0].rings.at(0);
  const auto first = std::ranges::find(ring, PixelCorner{0, 0}) - ring.begin();
  const auto at = [&](int64_t i) { return ring[static_cast<size_t>((first + i) % 4)]; };
  EXPECT_EQ(at(1), (PixelCorner{0, 1}));
  EXPECT_EQ(at(2), (PixelCorner{1, 1}));
  EXPECT_EQ(at(3), (PixelCorner{1, 0}));
}

TEST(RegionTracer, NothingButNoRegion) {
  EXPECT_TRUE(test::traced_regions({2, 3, std::vector<uint8_t>(6, 255)}).empty());
}

// Pixels that meet at a corner alone are two regions, and a ring closed at a corner alone has a hole.
TEST(RegionTracer, CornersDoNotConnect) {
  EXPECT_EQ(test::traced_regions({2, 2, {0, 1, 1, 0}}).size(), 4u);
  const auto regions = test::traced_regions({3,
                                             4,
                                             {0, 0, 0, 255,  //
                                              0, 1, 0, 255,  //
                                              0, 0, 1, 255}});
  ASSERT_EQ(regions.size(), 3u);
  const auto rings = rings_of(regions, 0);
  ASSERT_EQ(rings.size(), 2u);
  EXPECT_EQ(enclosed_pixels(rings[0]), 8);
  EXPECT_EQ(enclosed_pixels(rings[1]), -1);
}

// A region is handed over with the first row that has no pixel of it.
TEST(RegionTracer, ARegionIsGoneAsSoonAsItIsDone) {
  std::vector<int64_t> ids;
  RegionTracer tracer(3, [&ids](const Region& region) { ids.push_back(region.id); });
  const std::vector<std::vector<uint8_t>> rows = {{1, 0, 2}, {0, 0, 2}, {0, 0, 0}, {0, 0, 0}};
  const std::vector<size_t> done = {0, 1, 2, 2};
  for (size_t y = 0; y < rows.size(); ++y) {
    tracer.add_row(rows[y].data());
    EXPECT_EQ(ids.size(), done[y]) << y;
  }
  tracer.finish();
  EXPECT_EQ(ids, (std::vector<int64_t>{0, 2, 1}));
}

TEST(RegionTracer, AWidthThatIsNone) {
  EXPECT_THROW(RegionTracer(0, [](const Region&) {}), std::invalid_argument);
  EXPECT_THROW(RegionTracer(int64_t{1} << 31, [](const Region&) {}), std::invalid_argument);
}

}  // namespace
}  // namespace multipole

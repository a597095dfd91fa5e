// Outlines of fewer corners.
#include <gtest/gtest.h>

#include <cmath>

#include "datasets/regions/simplify_ring.h"
#include "tests/datasets/regions/label_maps.h"

namespace multipole {
namespace {

double distance_to_side(PixelCorner point, PixelCorner from, PixelCorner to) {
  const double dx = to.x - from.x, dy = to.y - from.y, px = point.x - from.x, py = point.y - from.y;
  const double along = std::clamp((px * dx + py * dy) / std::max(dx * dx + dy * dy, 1e-9), 0.0, 1.0);
  return std::hypot(px - along * dx, py - along * dy);
}

TEST(SimplifyRing, NoCornerIsFartherThanTheToleranceAllows) {
  const double allowed = 1 + std::sqrt(0.5);  // with the corners that OpenCV leaves out at the end
  for (int i = 0; i < 60; ++i) {
    const double tolerance = static_cast<double>(test::random_int(1, 30)) / 10;
    for (const auto& region : test::traced_regions(test::random_label_map(40))) {
      for (const auto& ring : region.rings) {
        const CornerRing kept = simplified(ring, tolerance);
        ASSERT_GE(kept.size(), 3u);
        ASSERT_LE(kept.size(), ring.size());
        for (const auto& corner : ring) {
          double nearest = 1e9;
          for (size_t k = 0; k < kept.size(); ++k) {
            nearest = std::min(nearest, distance_to_side(corner, kept[k], kept[(k + 1) % kept.size()]));
          }
          ASSERT_LE(nearest, allowed * tolerance + 1e-6);
        }
      }
    }
  }
}

TEST(SimplifyRing, AStaircaseBecomesALine) {
  CornerRing stairs;
  for (int32_t i = 0; i < 50; ++i) {
    stairs.push_back({i, i});
    stairs.push_back({i, i + 1});
  }
  stairs.push_back({50, 50});
  stairs.push_back({50, 0});
  EXPECT_LE(simplified(stairs, 1).size(), 5u);
}

TEST(SimplifyRing, WhatWouldVanishStays) {
  const CornerRing square = {{0, 0}, {0, 1}, {1, 1}, {1, 0}};
  EXPECT_EQ(simplified(square, 100), square);
}

}  // namespace
}  // namespace multipole

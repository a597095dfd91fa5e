// Polygons as pixels: those whose centres are inside, by going around them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "datasets/vector/draw_polygon.h"
#include "datasets/vector/self_crossing.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

double random_number(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(test::random_source());
}

// A star around a middle: no two of its sides cross.
PolygonRing random_star(double x, double y, double most) {
  const int64_t corners = random_int(3, 12);
  PolygonRing ring;
  for (int64_t i = 0; i < corners; ++i) {
    const double angle =
        2 * std::numbers::pi * (static_cast<double>(i) + random_number(0.1, 0.9)) / static_cast<double>(corners);
    const double radius = random_number(0.2, 1) * most;
    ring.push_back({x + radius * std::cos(angle), y + radius * std::sin(angle)});
  }
  return ring;
}

// Whether a ray to the right crosses an odd number of sides.
bool is_inside(const DrawnPolygon& polygon, double x, double y) {
  bool inside = false;
  for (const auto& ring : polygon.rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const auto &a = ring[i], &b = ring[(i + 1) % ring.size()];
      if ((a[1] > y) == (b[1] > y)) continue;
      if (x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])) inside = !inside;
    }
  }
  return inside;
}

TEST(DrawPolygon, PixelsWhoseCentresAreInside) {
  for (int round = 0; round < 200; ++round) {
    DrawnPolygon polygon;
    for (int64_t i = random_int(1, 3); i > 0; --i) {
      polygon.rings.push_back(random_star(random_number(-5, 40), random_number(-5, 40), random_number(0.5, 30)));
    }
    const CropBox part{random_int(0, 20), random_int(0, 20), random_int(1, 30), random_int(1, 30)};
    std::vector<uint8_t> labels(static_cast<size_t>(part.height * part.width), 9);
    draw_polygon(polygon, 4, part, labels.data());
    for (int64_t y = 0; y < part.height; ++y) {
      for (int64_t x = 0; x < part.width; ++x) {
        const bool inside =
            is_inside(polygon, static_cast<double>(part.left + x) + 0.5, static_cast<double>(part.top + y) + 0.5);
        ASSERT_EQ(labels[static_cast<size_t>(y * part.width + x)], inside ? 4 : 9) << x << ", " << y;
      }
    }
    EXPECT_TRUE(bounds_of(polygon).meets(part) || std::count(labels.begin(), labels.end(), 4) == 0);
  }
}

// Of two that share a side through centres, each centre has one.
TEST(DrawPolygon, NeighboursShareNoPixelAndLeaveNone) {
  const PolygonRing left = {{0, 0}, {2.5, 0}, {2.5, 5}, {0, 5}}, right = {{2.5, 0}, {6, 0}, {6, 5}, {2.5, 5}};
  const PolygonRing upper = {{0, 0}, {6, 0}, {6, 2.5}, {0, 2.5}}, lower = {{0, 2.5}, {6, 2.5}, {6, 5}, {0, 5}};
  for (const auto& [one, other] : {std::pair{left, right}, std::pair{upper, lower}}) {
    std::vector<uint8_t> first(30, 0), second(30, 0);
    draw_polygon({{one}}, 1, {0, 0, 5, 6}, first.data());
    draw_polygon({{other}}, 1, {0, 0, 5, 6}, second.data());
    for (size_t i = 0; i < 30; ++i) EXPECT_EQ(first[i] + second[i], 1) << i;
  }
}

TEST(DrawPolygon, FarAwayCornersAreNoTrouble) {
  std::vector<uint8_t> labels(12, 0);
  draw_polygon({{{{-1e300, -1e300}, {1e300, -1e300}, {1e300, 1e300}, {-1e300, 1e300}}}}, 1, {0, 0, 3, 4},
               labels.data());
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 1), 12);
  draw_polygon({{{{1e9, 1e9}, {2e9, 1e9}, {2e9, 2e9}}}}, 2, {0, 0, 3, 4}, labels.data());
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 1), 12);
}

TEST(SelfCrossing, IsFoundWithItsPlace) {
  EXPECT_EQ(find_self_crossing({{{{0, 0}, {4, 4}, {4, 0}, {0, 4}}}}), (std::array{2.0, 2.0}));
  EXPECT_FALSE(find_self_crossing({{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}}}).has_value());
  // a hole that touches the outline at a corner is none, one that leaves it is
  EXPECT_FALSE(find_self_crossing({{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, {{0, 0}, {2, 1}, {1, 2}}}}).has_value());
  EXPECT_TRUE(find_self_crossing({{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}, {{-1, 1}, {2, 1}, {1, 2}}}}).has_value());
  for (int round = 0; round < 100; ++round) {
    PolygonRing ring = random_star(0, 0, 100);
    EXPECT_FALSE(find_self_crossing({{ring}}).has_value());
    if (ring.size() < 4) continue;
    DrawnPolygon swapped{{ring}};
    std::swap(swapped.rings[0][0], swapped.rings[0][1]);
    const auto& corners = swapped.rings[0];
    // by hand: any two sides that have no corner in common
    bool crosses = false;
    const auto turn = [](const auto& a, const auto& b, const auto& c) {
      return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0;
    };
    for (size_t i = 0; i < corners.size(); ++i) {
      for (size_t j = i + 2; j < corners.size(); ++j) {
        const auto &a = corners[i], &b = corners[i + 1], &c = corners[j], &d = corners[(j + 1) % corners.size()];
        if ((j + 1) % corners.size() == i) continue;
        crosses |= turn(a, b, c) != turn(a, b, d) && turn(c, d, a) != turn(c, d, b);
      }
    }
    EXPECT_EQ(find_self_crossing(swapped).has_value(), crosses);
  }
}

}  // namespace
}  // namespace multipole

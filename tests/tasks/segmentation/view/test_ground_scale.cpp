#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tasks/segmentation/view/ground_scale.h"

namespace multipole {
namespace {

GeoTags tags_with(const std::vector<uint16_t>& entries) {
  GeoTags tags;
  tags.pixel_scale = {0.5, 0.5, 0};
  tags.tiepoints = {0, 0, 0, 500000, 60, 0};
  tags.keys = {1, 1, 0, static_cast<uint16_t>(entries.size() / 4)};
  tags.keys.insert(tags.keys.end(), entries.begin(), entries.end());
  return tags;
}

TEST(GroundScale, ProjectedInTheUnitsThatTheTagsName) {
  EXPECT_EQ(metres_per_pixel(tags_with({1024, 0, 1, 1, 3076, 0, 1, 9001}), 100), 0.5);
  EXPECT_DOUBLE_EQ(*metres_per_pixel(tags_with({1024, 0, 1, 1, 3076, 0, 1, 9002}), 100), 0.5 * 0.3048);
  EXPECT_EQ(metres_per_pixel(tags_with({1024, 0, 1, 1, 3072, 0, 1, 32633}), 100), 0.5) << "UTM";
}

TEST(GroundScale, NothingWhereTheTagsDoNotTell) {
  EXPECT_EQ(metres_per_pixel(tags_with({1024, 0, 1, 1}), 100), std::nullopt) << "no units";
  EXPECT_EQ(metres_per_pixel(tags_with({1024, 0, 1, 1, 3072, 0, 1, 2263}), 100), std::nullopt) << "feet of New York";
  EXPECT_EQ(metres_per_pixel(tags_with({}), 100), std::nullopt);
  GeoTags without_scale = tags_with({1024, 0, 1, 1, 3076, 0, 1, 9001});
  without_scale.pixel_scale.clear();
  EXPECT_EQ(metres_per_pixel(without_scale, 100), std::nullopt);
}

TEST(GroundScale, ATurnedPicturesSides) {
  GeoTags tags = tags_with({1024, 0, 1, 1, 3076, 0, 1, 9001});
  tags.pixel_scale.clear();
  tags.transformation = {3, 4, 0, 1000, 4, -3, 0, 2000, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_DOUBLE_EQ(*metres_per_pixel(tags, 100), 5);
}

// 60 degrees north at the top; one degree down, its middle: a degree of longitude is half of one at the equator,
// nearly.
TEST(GroundScale, DegreesInTheMiddleOfThePicture) {
  GeoTags tags = tags_with({1024, 0, 1, 2});
  tags.pixel_scale = {0.01, 0.01, 0};
  tags.tiepoints = {0, 0, 0, 20, 61, 0};
  const double degree = std::numbers::pi / 180 * 6371008.8;
  const double expected = 0.01 * degree * (1 + std::cos(60 * std::numbers::pi / 180)) / 2;
  EXPECT_NEAR(*metres_per_pixel(tags, 200), expected, 1e-6);
}

}  // namespace
}  // namespace multipole

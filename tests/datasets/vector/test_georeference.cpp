// Where pixels lie by GeoTIFF tags, and how large they are there.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "datasets/vector/georeference.h"
#include "datasets/vector/lon_lat.h"

namespace multipole {
namespace {

constexpr uint16_t kModel = 1024, kRaster = 1025, kGeodetic = 2048, kProjected = 3072, kUnits = 3076, kUnitSize = 3077;

GeoTags north_up(std::vector<std::array<uint16_t, 4>> entries) {
  GeoTags tags;
  tags.pixel_scale = {10, 20, 0};
  tags.tiepoints = {2, 3, 0, 500000, 4600000, 0};
  tags.keys = {1, 1, 0, static_cast<uint16_t>(entries.size())};
  for (const auto& entry : entries) tags.keys.insert(tags.keys.end(), entry.begin(), entry.end());
  return tags;
}

TEST(Georeference, TiepointAndScale) {
  const auto found = georeference_of(north_up({{kModel, 0, 1, 1}, {kProjected, 0, 1, 32633}}));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->place(2, 3), (std::array<double, 2>{500000, 4600000}));
  EXPECT_EQ(found->place(0, 0), (std::array<double, 2>{499980, 4600060}));
  EXPECT_EQ(found->place(3, 5), (std::array<double, 2>{500010, 4599960}));
  EXPECT_LT(found->determinant(), 0);
  EXPECT_EQ(found->epsg, 32633);
  EXPECT_FALSE(found->geographic);
  EXPECT_EQ(found->pixel_area(17), 200);
}

TEST(Georeference, TagsThatSpeakOfPixelCentres) {
  const auto found = georeference_of(north_up({{kModel, 0, 1, 1}, {kRaster, 0, 1, 2}, {kProjected, 0, 1, 32633}}));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->place(2.5, 3.5), (std::array<double, 2>{500000, 4600000}));
}

TEST(Georeference, ATurnedRaster) {
  GeoTags tags;
  tags.transformation = {0, 2, 0, 100, 3, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1};
  const auto found = georeference_of(tags);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->place(1, 0), (std::array<double, 2>{100, 203}));
  EXPECT_EQ(found->place(0, 1), (std::array<double, 2>{102, 200}));
  EXPECT_EQ(found->epsg, 0);
  EXPECT_FALSE(found->pixel_area(0).has_value());
}

TEST(Georeference, ControlPointsAloneAreNoTransformation) {
  GeoTags tags;
  tags.tiepoints = {0, 0, 0, 1, 1, 0, 5, 0, 0, 6, 1, 0};
  EXPECT_FALSE(georeference_of(tags).has_value());
  EXPECT_FALSE(georeference_of({}).has_value());
  tags.pixel_scale = {0, 0, 0};
  EXPECT_FALSE(georeference_of(tags).has_value());
}

TEST(Georeference, UnitsOfTheGround) {
  const auto area = [](std::vector<std::array<uint16_t, 4>> entries, std::vector<double> doubles = {}) {
    GeoTags tags = north_up(std::move(entries));
    tags.key_doubles = std::move(doubles);
    return georeference_of(tags)->pixel_area(0);
  };
  EXPECT_EQ(area({{kProjected, 0, 1, 2263}, {kUnits, 0, 1, 9001}}), 200);
  EXPECT_NEAR(area({{kProjected, 0, 1, 2263}, {kUnits, 0, 1, 9002}}).value(), 200 * 0.3048 * 0.3048, 1e-9);
  EXPECT_NEAR(area({{kProjected, 0, 1, 2263}, {kUnits, 0, 1, 9003}}).value(), 200 * std::pow(1200.0 / 3937, 2), 1e-9);
  EXPECT_NEAR(area({{kProjected, 0, 1, 32767}, {kUnits, 0, 1, 32767}, {kUnitSize, 34736, 1, 1}}, {7, 2}).value(), 800,
              1e-9);
  EXPECT_FALSE(area({{kProjected, 0, 1, 2263}}).has_value());
  EXPECT_FALSE(area({{kProjected, 0, 1, 32767}, {kUnits, 0, 1, 32767}, {kUnitSize, 34736, 1, 9}}).has_value());
}

TEST(Georeference, DegreesOnTheEllipsoid) {
  GeoTags tags = north_up({{kModel, 0, 1, 2}, {kGeodetic, 0, 1, 4326}});
  tags.pixel_scale = {0.5, 0.5, 0};
  tags.tiepoints = {0, 0, 0, -180, 90, 0};
  const auto found = georeference_of(tags);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->geographic);
  double earth = 0;
  for (int64_t row = 0; row < 360; ++row) earth += 720 * found->pixel_area(row).value();
  EXPECT_NEAR(earth, 510065621724088.0, 1e3);  // the surface of WGS 84's ellipsoid
  EXPECT_LT(found->pixel_area(0).value(), found->pixel_area(100).value());
}

TEST(Georeference, ASphereIsWhatItIs) { EXPECT_NEAR(lon_lat_area({1, 0}, -90, 90, 360), 4 * std::numbers::pi, 1e-12); }

// The false origin of a UTM zone is on its central meridian, on the equator.
TEST(LonLat, OfUtm) {
  if (!has_proj()) {
    EXPECT_THROW(LonLatTransform(32633), ConfigError) << "a build without PROJ says so";
    return;
  }
  const LonLatTransform transform(32633);
  const auto origin = transform({500000, 0});
  EXPECT_NEAR(origin[0], 15, 1e-9);
  EXPECT_NEAR(origin[1], 0, 1e-9);
  EXPECT_THROW(LonLatTransform(1), InputError);
}

}  // namespace
}  // namespace multipole

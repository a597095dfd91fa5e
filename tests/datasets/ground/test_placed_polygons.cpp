// Polygons find their place on a raster, or it is said why they do not.
#include <gtest/gtest.h>

#include "base/error.h"
#include "datasets/ground/placed_polygons.h"
#include "datasets/vector/coordinate_transform.h"
#include "tests/datasets/rasters/raster_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

RasterPlace raster_at(double x, double y, double pixel, int epsg) {
  RasterPlace place{"r.tif", 10, 12, Georeference{}};
  place.georeference->transform = {x, pixel, 0, y, 0, -pixel};
  place.georeference->epsg = epsg;
  place.georeference->geographic = epsg == 4326;
  return place;
}

PolygonFile file_of(const std::vector<PolygonRing>& rings, int epsg, bool names_system) {
  PolygonFile file;
  file.epsg = epsg;
  file.names_system = names_system;
  for (const auto& ring : rings)
    file.features.push_back({"feature " + std::to_string(file.features.size() + 1), "a", {{{ring}}}});
  return file;
}

PolygonRing box(double x, double y, double right, double lower) {
  return {{x, y}, {right, y}, {right, lower}, {x, lower}};
}

int64_t drawn(const PlacedPolygons& placed) { return placed.read({0, 0, 10, 12}).labels.eq(1).sum().item<int64_t>(); }

std::string refusal(const PolygonFile& file, const RasterPlace& raster) {
  try {
    const PlacedPolygons placed(file, "p.geojson", std::vector<uint8_t>(file.features.size(), 1), 0, raster);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PlacedPolygons, ByTheRastersOwnSystem) {
  const RasterPlace raster = raster_at(500000, 4000000, 2, 32633);
  const auto file = file_of({box(500004, 3999998, 500010, 3999992)}, 32633, true);
  const PlacedPolygons placed(file, "p.geojson", {1}, 0, raster);
  const auto labels = placed.read({0, 0, 10, 12}).labels;
  EXPECT_EQ(drawn(placed), 9);
  EXPECT_TRUE(labels.slice(0, 1, 4).slice(1, 2, 5).eq(1).all().item<bool>());
  EXPECT_TRUE(placed.read({2, 3, 5, 6}).labels.equal(labels.slice(0, 2, 7).slice(1, 3, 9)));
  EXPECT_TRUE(placed.notes().empty());
}

TEST(PlacedPolygons, InPixelsWhereTheRasterHasNoPlace) {
  const RasterPlace raster{"r.png", 10, 12, std::nullopt};
  EXPECT_EQ(drawn({file_of({box(2, 1, 5, 4)}, 4326, false), "p.geojson", {1}, 0, raster}), 9);
  const std::string said = refusal(file_of({box(2, 1, 5, 4)}, 32633, true), raster);
  EXPECT_NE(said.find("p.geojson: its coordinates are of EPSG:32633, and r.png has no georeference"), std::string::npos)
      << said;
  EXPECT_NE(refusal(file_of({box(2, -1, 5, -4)}, 4326, false), raster).find("counted from its upper left corner"),
            std::string::npos);
}

TEST(PlacedPolygons, WhatNamesNoSystem) {
  const RasterPlace raster = raster_at(500000, 4000000, 2, 32633);
  const PlacedPolygons placed(file_of({box(500004, 3999998, 500010, 3999992)}, 4326, false), "p.geojson", {1}, 0,
                              raster);
  EXPECT_EQ(drawn(placed), 9);
  ASSERT_EQ(placed.notes().size(), 1u);
  EXPECT_NE(placed.notes()[0].find("names no coordinate system"), std::string::npos);
  // degrees are degrees
  const RasterPlace degrees = raster_at(8, 50, 0.001, 4326);
  EXPECT_EQ(drawn({file_of({box(8.002, 49.999, 8.005, 49.996)}, 4326, false), "p.geojson", {1}, 0, degrees}), 9);
  EXPECT_NE(
      refusal(file_of({box(8, 50, 8.1, 49.9)}, 4326, false), raster_at(500000, 4000000, 2, 0)).find("give no code"),
      std::string::npos);
}

TEST(PlacedPolygons, LonLatOnAnotherSystemTakesProj) {
  const RasterPlace raster = raster_at(500000, 5538631, 2, 32633);  // 15 degrees east, about 50 north
  const auto file = file_of({box(15.00002, 50.0, 15.0001, 49.9999)}, 4326, false);
  if (!has_proj()) {
    const std::string said = refusal(file, raster);
    EXPECT_NE(said.find("p.geojson on r.tif"), std::string::npos) << said;
    EXPECT_NE(said.find("need PROJ"), std::string::npos) << said;
    return;
  }
  const PlacedPolygons placed(file, "p.geojson", {1}, 0, raster);
  EXPECT_GT(drawn(placed), 0);
}

TEST(PlacedPolygons, WhatIsElsewhereAndWhatCrossesItselfIsCounted) {
  const RasterPlace raster{"r.png", 10, 12, std::nullopt};
  const PolygonRing bow = {{0, 0}, {4, 4}, {4, 0}, {0, 4}};
  const PlacedPolygons placed(file_of({box(2, 1, 5, 4), box(50, 50, 60, 60), bow}, 4326, false), "p.geojson", {1, 1, 1},
                              0, raster);
  ASSERT_EQ(placed.notes().size(), 2u);
  EXPECT_EQ(placed.notes()[0], "1 of 3 polygons lie outside of the raster");
  EXPECT_NE(placed.notes()[1].find("1 of 3 polygons cross themselves, the first, feature 3, at (2.000000, 2.000000)"),
            std::string::npos)
      << placed.notes()[1];
  EXPECT_NE(refusal(file_of({box(50, 50, 60, 60)}, 4326, false), raster).find("none of its 1 polygons meets r.png"),
            std::string::npos);
}

// As rasterio.features.rasterize has it.
TEST(PlacedPolygons, OfSeveralTheLastOneCounts) {
  const RasterPlace raster{"r.png", 10, 12, std::nullopt};
  const PlacedPolygons placed(file_of({box(0, 0, 6, 6), box(3, 3, 9, 9)}, 4326, false), "p.geojson", {1, 2}, 255,
                              raster);
  const auto labels = placed.read({0, 0, 10, 12}).labels;
  EXPECT_EQ(labels[1][1].item<int>(), 1);
  EXPECT_EQ(labels[4][4].item<int>(), 2);
  EXPECT_EQ(labels[9][11].item<int>(), 255);
}

TEST(PlacedPolygons, TheTagsOfTheRasterAreRead) {
  const test::TemporaryFolder folder;
  test::write_raster(folder / "r.tif", test::random_numbers(10, 12, 1, SampleType::kUInt8),
                     {.type = SampleType::kUInt8, .place = test::north_up_tags(500000, 4000000, 2, 32633)});
  const RasterPlace raster = place_of((folder / "r.tif").string(), 10, 12);
  ASSERT_TRUE(raster.georeference.has_value());
  EXPECT_EQ(raster.georeference->epsg, 32633);
  EXPECT_EQ(drawn({file_of({box(500004, 3999998, 500010, 3999992)}, 32633, true), "p.geojson", {1}, 0, raster}), 9);
}

}  // namespace
}  // namespace multipole

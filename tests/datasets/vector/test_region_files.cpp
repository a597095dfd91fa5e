// Regions as GeoJSON and as GeoPackage.
#include <gtest/gtest.h>

#include "base/json.h"
#include "datasets/vector/geojson_writer.h"
#include "datasets/vector/geopackage_writer.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

Region square_with_hole(int32_t left, int32_t top) {
  const auto at = [&](int32_t x, int32_t y) { return PixelCorner{left + x, top + y}; };
  Region region;
  region.label = 1;
  region.id = 123456789012;
  region.pixels = 8;
  region.rings = {{at(0, 0), at(0, 3), at(3, 3), at(3, 0)}, {at(1, 1), at(2, 1), at(2, 2), at(1, 2)}};
  return region;
}

RegionLayer pixel_layer() {
  RegionLayer layer;
  layer.classes = {"sky", "a \"tree\""};
  layer.colors = {{1, 2, 3}, {4, 5, 6}};
  return layer;
}

Json written(RegionLayer layer, const std::vector<Region>& regions, const RegionFacts& facts = {}) {
  std::string text;
  GeoJsonWriter writer(std::move(layer), [&text](std::string_view more) { text += more; });
  for (const auto& region : regions) writer.write(region, facts);
  writer.finish();
  return parse_json(text, "text");
}

double doubled_area(const Json& ring) {
  double sum = 0;
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    sum += ring[i][0].get<double>() * ring[i + 1][1].get<double>() -
           ring[i + 1][0].get<double>() * ring[i][1].get<double>();
  }
  return sum;
}

TEST(GeoJson, NoRegionsAreACollection) {
  EXPECT_EQ(written(pixel_layer(), {}), parse_json(R"({"type":"FeatureCollection","features":[]})", "text"));
}

TEST(GeoJson, InPixelsWithWhatQuPathReads) {
  const Json all = written(pixel_layer(), {square_with_hole(10, 100'000), square_with_hole(0, 0)}, {{}, 0.25});
  ASSERT_EQ(all["features"].size(), 2u);
  const Json& feature = all["features"][0];
  EXPECT_EQ(feature["id"], 123456789012);
  EXPECT_EQ(feature["properties"], parse_json(R"({"class":"a \"tree\"","class_index":1,"objectType":"annotation",
      "classification":{"name":"a \"tree\"","color":[4,5,6]},"pixels":8,"probability":0.25})",
                                              "text"));
  EXPECT_EQ(feature["bbox"], Json::array({10, 100000, 13, 100003}));
  const Json& rings = feature["geometry"]["coordinates"];
  ASSERT_EQ(rings.size(), 2u);
  for (const auto& ring : rings) EXPECT_EQ(ring.front(), ring.back());
  EXPECT_EQ(rings[0][0], Json::array({10, 100000}));
  EXPECT_EQ(doubled_area(rings[0]), 18);
  EXPECT_EQ(doubled_area(rings[1]), -2);
}

TEST(GeoJson, OnTheGroundTurnsAroundWithTheRaster) {
  for (const bool upright : {true, false}) {
    RegionLayer layer = pixel_layer();
    layer.upright = upright;
    layer.epsg = 32633;
    layer.place = [upright](PixelCorner corner) {
      return std::array{0.1 * corner.x, (upright ? -0.1 : 0.1) * corner.y};
    };
    const Json all = written(layer, {square_with_hole(0, 0)}, {2.5, {}});
    EXPECT_EQ(all["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::32633");
    const Json& feature = all["features"][0];
    EXPECT_EQ(feature["properties"],
              parse_json(R"({"class":"a \"tree\"","class_index":1,"pixels":8,"area_m2":2.5})", ""));
    EXPECT_NEAR(doubled_area(feature["geometry"]["coordinates"][0]), 0.18, 1e-12);
    EXPECT_NEAR(doubled_area(feature["geometry"]["coordinates"][1]), -0.02, 1e-12);
    EXPECT_EQ(feature["bbox"][2], 0.1 * 3);
  }
}

TEST(GeoJson, Wgs84IsTheFormatsOwn) {
  RegionLayer layer = pixel_layer();
  layer.epsg = 4326;
  layer.place = [](PixelCorner corner) { return std::array<double, 2>{1.0 * corner.x, 1.0 * corner.y}; };
  EXPECT_FALSE(written(layer, {}).contains("crs"));
}

TEST(GeoPackage, SaysThatItIsOne) {
  if (!has_geopackage()) GTEST_SKIP() << "no SQLite";
  const test::TemporaryFolder folder;
  const auto writer = make_geopackage_writer(folder / "a.gpkg", pixel_layer());
  writer->write(square_with_hole(0, 0), {});
  writer->finish();
  const std::string bytes = test::read_text(folder / "a.gpkg");
  EXPECT_EQ(bytes.substr(0, 15), "SQLite format 3");
  EXPECT_EQ(bytes.substr(68, 4), "GPKG");
}

TEST(GeoPackage, TwoRegionsOfOneNumberAreRefused) {
  if (!has_geopackage()) GTEST_SKIP() << "no SQLite";
  const test::TemporaryFolder folder;
  const auto writer = make_geopackage_writer(folder / "a.gpkg", pixel_layer());
  writer->write(square_with_hole(0, 0), {});
  EXPECT_THROW(writer->write(square_with_hole(0, 0), {}), std::exception);
  EXPECT_THROW(make_geopackage_writer(folder / "absent" / "a.gpkg", pixel_layer()), std::exception);
}

}  // namespace
}  // namespace multipole

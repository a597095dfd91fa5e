// Files of polygons as people have them, and what is wrong with some.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "base/error.h"
#include "datasets/vector/epsg_name.h"
#include "datasets/vector/geopackage_writer.h"
#include "datasets/vector/polygon_file.h"
#include "datasets/vector/wkb.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

constexpr const char* kSquare = "[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]";

std::string feature(const std::string& properties, const std::string& geometry, const std::string& id = "") {
  return R"({"type":"Feature",)" + (id.empty() ? "" : "\"id\":" + id + ",") + R"("properties":)" + properties +
         R"(,"geometry":)" + geometry + "}";
}

std::string polygon(const std::string& rings) { return R"({"type":"Polygon","coordinates":)" + rings + "}"; }

class GeoJsonFiles : public ::testing::Test {
 protected:
  PolygonFile read(const std::string& features, const std::string& more = "", const std::string& property = "class") {
    test::write_text(path(), R"({"type":"FeatureCollection",)" + more + "\"features\":[" + features + "]}");
    return read_polygon_file(path(), property);
  }
  std::string refusal(const std::string& features, const std::string& more = "",
                      const std::string& property = "class") {
    try {
      read(features, more, property);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  std::filesystem::path path() const { return folder_ / "a.geojson"; }
  test::TemporaryFolder folder_;
};

TEST_F(GeoJsonFiles, PolygonsWithHolesAndSeveralParts) {
  const PolygonFile file =
      read(feature(R"({"class":"wheat"})", polygon(kSquare)) + "," +
           feature(R"({"class":7.0})",
                   R"({"type":"MultiPolygon","coordinates":[)" + std::string(kSquare) + "," + kSquare + "]}", "\"b\"") +
           "," + feature(R"({"class":3})", "null"));
  ASSERT_EQ(file.features.size(), 2u);
  EXPECT_EQ(file.features[0].name, "feature 1");
  EXPECT_EQ(file.features[0].value, "wheat");
  ASSERT_EQ(file.features[0].parts.size(), 1u);
  EXPECT_EQ(file.features[0].parts[0].rings[0].size(), 4u) << "the corner at the end is the first one";
  EXPECT_EQ(file.features[0].parts[0].rings[1], (PolygonRing{{1, 1}, {2, 1}, {2, 2}}));
  EXPECT_EQ(file.features[1].name, "feature b");
  EXPECT_EQ(file.features[1].value, "7");
  EXPECT_EQ(file.features[1].parts.size(), 2u);
  EXPECT_FALSE(file.names_system);
  EXPECT_EQ(file.epsg, 4326);
  EXPECT_EQ(file.notes, (std::vector<std::string>{"1 features without a geometry are left out"}));
}

TEST_F(GeoJsonFiles, TheMemberCrsIsTaken) {
  const std::string one = feature(R"({"class":"a"})", polygon(kSquare));
  const auto named = [](const std::string& name) {
    return R"("crs":{"type":"name","properties":{"name":")" + name + "\"}},";
  };
  const PolygonFile file = read(one, named("urn:ogc:def:crs:EPSG::25832"));
  EXPECT_TRUE(file.names_system);
  EXPECT_EQ(file.epsg, 25832);
  EXPECT_NE(refusal(one, named("ESRI:102003")).find("'ESRI:102003' is no EPSG code"), std::string::npos);
  EXPECT_EQ(epsg_of_name("urn:ogc:def:crs:OGC:1.3:CRS84"), 4326);
  EXPECT_EQ(epsg_of_name("http://www.opengis.net/def/crs/EPSG/0/3857"), 3857);
  EXPECT_EQ(epsg_of_name("EPSG:25832x"), 0);
}

TEST_F(GeoJsonFiles, WhatIsWrongIsNamed) {
  const std::string good = feature(R"({"class":"a"})", polygon(kSquare));
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(refusal(""), "a.geojson: it holds no polygon");
  has(refusal(feature(R"({"class":"a"})", "null")), "holds no polygon");
  has(refusal(good + "," + feature(R"({"kind":"a","name":"b"})", polygon(kSquare))),
      "feature 2 has no property 'class' that says its class; the properties here are class, kind, name");
  has(refusal(feature(R"({"class":null})", polygon(kSquare))), "feature 1 has no property 'class'");
  has(refusal(feature(R"({"class":"a"})", R"({"type":"LineString","coordinates":[[0,0],[1,1]]})", "17")),
      "feature 17 is or has a LineString, where polygons are needed");
  has(refusal(feature(R"({"class":"a"})", polygon(R"([[[0,0],["x",1]]])"))), "a corner that is no pair of numbers");
  has(refusal(feature(R"({"class":"a"})", polygon("[[[0,0],[1]]]"))), "a corner that is no pair of numbers");
  test::write_text(path(), "{\"type\":\"Topology\"}");
  EXPECT_THROW(read_polygon_file(path(), "class"), InputError);
  test::write_text(path(), "{\"type\":\"FeatureCollection\",\"features\":[");
  EXPECT_THROW(read_polygon_file(path(), "class"), InputError);
  const PolygonFile sliver = read(good + "," + feature(R"({"class":"a"})", polygon("[[[0,0],[1,1],[0,0]]]")));
  EXPECT_EQ(sliver.notes, (std::vector<std::string>{"1 rings of fewer than three corners enclose nothing"}));
}

// A polygon in any order of bytes, with or without heights and measures, by ISO or by EWKB.
TEST(Wkb, EveryWayToStoreAPolygon) {
  for (const bool little : {true, false}) {
    for (const uint32_t type : {3u, 1003u, 2003u, 3003u, 0x80000003u, 0xA0000003u}) {
      std::vector<uint8_t> bytes;
      const auto add = [&](auto value) {
        std::array<uint8_t, sizeof(value)> stored;
        std::memcpy(stored.data(), &value, sizeof(value));
        if (little != (std::endian::native == std::endian::little)) std::reverse(stored.begin(), stored.end());
        bytes.insert(bytes.end(), stored.begin(), stored.end());
      };
      bytes.push_back(little ? 1 : 0);
      add(type);
      if ((type & 0x20000000u) != 0) add(uint32_t{4326});
      const size_t more = type == 3 ? 0 : type == 3003 ? 2 : 1;
      add(uint32_t{1});
      add(uint32_t{4});
      for (const auto& [x, y] : {std::pair{0.5, 0.0}, {3.0, 0.0}, {3.0, 2.0}, {0.5, 0.0}}) {
        add(x);
        add(y);
        for (size_t i = 0; i < more; ++i) add(99.0);
      }
      SCOPED_TRACE(type);
      const auto parts = polygons_of_wkb(ByteView(bytes.data(), bytes.size()));
      ASSERT_EQ(parts.size(), 1u);
      EXPECT_EQ(parts[0].rings[0], (PolygonRing{{0.5, 0}, {3, 0}, {3, 2}}));
      for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_THROW(polygons_of_wkb(ByteView(bytes.data(), size)), InputError) << size;
      }
    }
  }
}

TEST(GeoPackageFiles, ComeBackAsTheyWereWritten) {
  if (!has_geopackage()) GTEST_SKIP() << "no SQLite";
  const test::TemporaryFolder folder;
  RegionLayer layer;
  layer.classes = {"sky", "tree"};
  layer.epsg = 32633;
  layer.place = [](PixelCorner corner) { return std::array{1000.5 + corner.x, 2000.0 - corner.y}; };
  layer.upright = true;
  Region region;
  region.label = 1;
  region.id = 9;
  region.rings = {{{0, 0}, {0, 3}, {3, 3}, {3, 0}}, {{1, 1}, {2, 1}, {2, 2}, {1, 2}}};
  const auto writer = make_geopackage_writer(folder / "a.gpkg", layer);
  writer->write(region, {});
  writer->finish();
  const PolygonFile file = read_polygon_file(folder / "a.gpkg", "class");
  ASSERT_EQ(file.features.size(), 1u);
  EXPECT_EQ(file.features[0].name, "feature 9");
  EXPECT_EQ(file.features[0].value, "tree");
  EXPECT_EQ(file.epsg, 32633);
  EXPECT_TRUE(file.names_system);
  ASSERT_EQ(file.features[0].parts[0].rings.size(), 2u);
  EXPECT_EQ(file.features[0].parts[0].rings[0][0], (std::array{1000.5, 2000.0}));
  EXPECT_EQ(read_polygon_file(folder / "a.gpkg", "class_index").features[0].value, "1");
  try {
    read_polygon_file(folder / "a.gpkg", "kind");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("no property 'kind'"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("class, class_index, pixels"), std::string::npos) << error.what();
  }
  test::write_text(folder / "b.gpkg", "no database at all, but long enough to be looked at as one, perhaps");
  EXPECT_THROW(read_polygon_file(folder / "b.gpkg", "class"), InputError);
  EXPECT_THROW(read_polygon_file(folder / "absent.gpkg", "class"), InputError);
}

}  // namespace
}  // namespace multipole

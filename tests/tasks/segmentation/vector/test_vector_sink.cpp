// Polygons of a map that comes in bands.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "datasets/vector/geopackage_writer.h"
#include "tasks/segmentation/vector/class_areas.h"
#include "tasks/segmentation/vector/vector_sink.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

const std::vector<std::string> kClasses = {"sky", "road", "tree"};

struct Map {
  torch::Tensor classes, probability;
};

Map random_map() {
  const int64_t height = test::random_int(1, 40), width = test::random_int(1, 40);
  Map map{torch::randint(0, 3, {height, width}, torch::kUInt8),
          torch::randint(85, 256, {height, width}, torch::kUInt8)};
  map.classes.masked_fill_(torch::rand({height, width}).lt(0.1), 255);
  return map;
}

void feed(const Map& map, MapSink& sink) {
  const int64_t height = map.classes.size(0);
  sink.begin(height, map.classes.size(1));
  for (int64_t row = 0; row < height;) {
    const int64_t rows = std::min(height - row, test::random_int(1, 9));
    MapBand band;
    band.first_row = row;
    band.classes = map.classes.narrow(0, row, rows);
    band.probability = map.probability.narrow(0, row, rows);
    sink.write(band);
    row += rows;
  }
}

Georeference north_up(double side) {
  Georeference out;
  out.transform = {1000, side, 0, 2000, 0, -side};
  out.epsg = 32633;
  out.unit_metres = 1;
  return out;
}

class VectorSinkTest : public ::testing::Test {
 protected:
  std::string written(const Map& map, const VectorOptions& options = {},
                      const std::optional<Georeference>& georeference = std::nullopt) {
    VectorSink sink(folder_ / "a.geojson", kClasses, default_palette(), options, georeference);
    feed(map, sink);
    sink.commit();
    std::string text = test::read_text(folder_ / "a.geojson");
    EXPECT_EQ(static_cast<size_t>(sink.num_regions()), parse_json(text, "file")["features"].size());
    return text;
  }

  test::TemporaryFolder folder_;
};

TEST_F(VectorSinkTest, TheBandsDoNotMatter) {
  for (int i = 0; i < 20; ++i) {
    const Map map = random_map();
    EXPECT_EQ(written(map), written(map));
  }
}

TEST_F(VectorSinkTest, WhatIsSaidOfARegion) {
  Map map{torch::zeros({4, 5}, torch::kUInt8), torch::full({4, 5}, 255, torch::kUInt8)};
  map.classes.narrow(0, 1, 2).narrow(1, 2, 2).fill_(2);
  map.probability.narrow(0, 1, 2).narrow(1, 2, 2).fill_(102);
  const Json all = parse_json(written(map, {}, north_up(2)), "file");
  ASSERT_EQ(all["features"].size(), 2u);
  const Json& inner = all["features"][0];
  EXPECT_EQ(inner["id"], 7);
  EXPECT_EQ(inner["properties"],
            parse_json(R"({"class":"tree","class_index":2,"pixels":4,"area_m2":16,"probability":0.4})", "text"));
  EXPECT_EQ(inner["bbox"], Json::array({1004, 1994, 1008, 1998}));
  EXPECT_EQ(all["features"][1]["geometry"]["coordinates"].size(), 2u);
}

TEST_F(VectorSinkTest, SmallOnesAreLeftOut) {
  for (int i = 0; i < 10; ++i) {
    const Map map = random_map();
    const Json all = parse_json(written(map), "file");
    VectorOptions options;
    options.least = {3, false};
    const auto expected = std::ranges::count_if(
        all["features"], [](const Json& feature) { return feature["properties"]["pixels"].get<int>() >= 3; });
    EXPECT_EQ(static_cast<long>(parse_json(written(map, options), "file")["features"].size()), expected);
    options.least = {12, true};
    EXPECT_EQ(static_cast<long>(parse_json(written(map, options, north_up(2)), "file")["features"].size()), expected);
  }
}

TEST_F(VectorSinkTest, SimplifyingKeepsTheRegionsAndTheirNumbers) {
  const Map map = random_map();
  VectorOptions options;
  options.simplify = {4, true};
  const Json plain = parse_json(written(map, {}, north_up(2)), "file");
  const Json simple = parse_json(written(map, options, north_up(2)), "file");
  ASSERT_EQ(simple["features"].size(), plain["features"].size());
  for (size_t i = 0; i < plain["features"].size(); ++i) {
    EXPECT_EQ(simple["features"][i]["properties"], plain["features"][i]["properties"]);
    EXPECT_EQ(simple["features"][i]["id"], plain["features"][i]["id"]);
  }
  EXPECT_LE(simple.dump().size(), plain.dump().size());
}

TEST_F(VectorSinkTest, WhatARasterDoesNotGive) {
  const Map map = random_map();
  VectorOptions options;
  options.coordinates = VectorCoordinates::kRaster;
  EXPECT_THROW(written(map, options), InputError);
  options.coordinates = VectorCoordinates::kLonLat;
  EXPECT_THROW(written(map, options), InputError);
  Georeference nameless = north_up(1);
  nameless.epsg = 0;
  EXPECT_THROW(written(map, options, nameless), InputError);
  VectorOptions measured;
  measured.least = {1, true};
  EXPECT_THROW(written(map, measured), InputError);
  nameless.unit_metres.reset();
  EXPECT_THROW(written(map, measured, nameless), InputError);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// What is begun anew, as after want of memory, or never finished leaves no file and no part of one.
TEST_F(VectorSinkTest, BegunAnewAndNeverFinished) {
  for (const auto format : {VectorFormat::kGeoJson, VectorFormat::kGeoPackage}) {
    if (format == VectorFormat::kGeoPackage && !has_geopackage()) continue;
    const auto path = folder_ / ("b" + std::string(vector_suffix(format)));
    VectorOptions options;
    options.format = format;
    const Map map = random_map();
    {
      VectorSink sink(path, kClasses, default_palette(), options);
      feed(random_map(), sink);
      feed(map, sink);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    VectorSink sink(path, kClasses, default_palette(), options);
    feed(random_map(), sink);
    feed(map, sink);
    sink.commit();
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
    if (format == VectorFormat::kGeoJson) {
      EXPECT_EQ(test::read_text(path), written(map));
      std::filesystem::remove(folder_ / "a.geojson");
    }
    std::filesystem::remove(path);
  }
}

TEST_F(VectorSinkTest, AreasOfTheClassesAreThoseOfTheirRegions) {
  Georeference degrees;
  degrees.transform = {10, 0.01, 0, 50, 0, -0.01};
  degrees.geographic = true;
  for (const auto& georeference : {north_up(0.5), degrees}) {
    const Map map = random_map();
    ClassAreas areas(georeference);
    feed(map, areas);
    std::array<int64_t, 3> pixels = {};
    std::array<double, 3> metres = {};
    const Json all = parse_json(written(map, {}, georeference), "file");
    for (const auto& feature : all["features"]) {
      const auto label = feature["properties"]["class_index"].get<size_t>();
      pixels.at(label) += feature["properties"]["pixels"].get<int64_t>();
      metres.at(label) += feature["properties"]["area_m2"].get<double>();
    }
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(areas.pixels(i), pixels[i]);
      EXPECT_EQ(areas.pixels(i), map.classes.eq(static_cast<int64_t>(i)).sum().item<int64_t>());
      EXPECT_NEAR(areas.square_metres(i).value(), metres[i], 1e-9 * metres[i]);
    }
  }
  EXPECT_FALSE(ClassAreas(std::nullopt).square_metres(0).has_value());
}

}  // namespace
}  // namespace multipole

// `segment predict --vector` and `--areas`: polygons and areas beside the maps.
#include <gtest/gtest.h>

#include <map>

#include "datasets/formats/csv.h"
#include "datasets/pictures/geo_tiff.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/vector/geopackage_writer.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/datasets/segmentation/mask_fixtures.h"
#include "tests/support/process.h"
#include "tests/support/random_source.h"
#include "tests/support/segment_command.h"

namespace multipole {
namespace {

using test::noise;

class SegmentVector : public test::SegmentCommand {
 protected:
  std::string picture(const std::string& name, int64_t height, int64_t width) {
    return folder_.write(name, encode_png(noise(height, width))).string();
  }
  // Ten metres a pixel in a UTM zone.
  std::string placed_picture(const std::string& name, int64_t height, int64_t width) {
    GeoTags tags;
    tags.pixel_scale = {10, 10, 0};
    tags.tiepoints = {0, 0, 0, 500000, 4600000, 0};
    tags.keys = {1, 1, 0, 1, 3072, 0, 1, 32633};
    GeoTiffWriter writer(folder_ / name, height, width, default_palette(), tags);
    writer.write(torch::randint(0, kNodataLabel, {height, width}, torch::kUInt8));
    writer.finish();
    return (folder_ / name).string();
  }
  Json polygons(const std::string& name) const { return parse_json(test::read_text(out(name)), name); }
};

// The polygons of a picture in tiles are those of its map: pixels of each class, joined across the tiles.
TEST_F(SegmentVector, PolygonsOfTheMap) {
  const auto path = picture("p.png", 150, 210);
  const auto result = predict({"--quiet", "--vector", "geojson", "--areas", "--tile", "96", "--overlap", "32", path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"areas.csv", "p.geojson", "p.png", "results.jsonl"}));
  const Json all = polygons("p.geojson"), line = results()[0];
  EXPECT_EQ(line["vector"], out("p.geojson").string());
  EXPECT_EQ(line["regions"], all["features"].size());
  EXPECT_FALSE(all.contains("crs"));
  const auto ids = map_ids("p.png");
  std::map<int64_t, int64_t> pixels;
  for (const auto& feature : all["features"]) {
    const Json& properties = feature["properties"];
    const auto id = feature["id"].get<int64_t>(), label = properties["class_index"].get<int64_t>();
    pixels[label] += properties["pixels"].get<int64_t>();
    EXPECT_EQ(ids[id / 210][id % 210].item<int64_t>(), label);
    EXPECT_EQ(properties["class"], line["classes"][static_cast<size_t>(label)]["class"]);
    EXPECT_GE(properties["probability"].get<double>(), 0.33);
    EXPECT_EQ(properties["classification"]["color"], Json::array({10 * label, 0, 255}));
  }
  const auto rows = parse_csv(test::read_text(out("areas.csv")), "areas.csv");
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"path", "class", "index", "pixels", "share", "area_m2"}));
  for (size_t i = 0; i < 3; ++i) {
    const Json& row = line["classes"][i];
    EXPECT_EQ(row["pixels"], pixels[static_cast<int64_t>(i)]);
    EXPECT_FALSE(row.contains("area_m2"));
    EXPECT_EQ(rows[i + 1].fields, (std::vector<std::string>{path, row["class"], std::to_string(i), row["pixels"].dump(),
                                                            row["share"].dump(), ""}));
  }
}

TEST_F(SegmentVector, OnTheGround) {
  const auto path = placed_picture("field.tif", 70, 45);
  const auto result = predict({"--quiet", "--vector", (folder_ / "named.GeoJSON").string(), "--areas", path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"areas.csv", "field.png", "field.tif", "results.jsonl"}));
  const Json all = parse_json(test::read_text(folder_ / "named.GeoJSON"), "named"), line = results()[0];
  EXPECT_EQ(all["crs"]["properties"]["name"], "urn:ogc:def:crs:EPSG::32633");
  double area = 0, classes = 0;
  for (const auto& feature : all["features"]) {
    area += feature["properties"]["area_m2"].get<double>();
    const Json& box = feature["bbox"];
    EXPECT_GE(box[0].get<double>(), 500000);
    EXPECT_LE(box[3].get<double>(), 4600000);
    EXPECT_GE(box[1].get<double>(), 4600000 - 700);
  }
  for (const auto& row : line["classes"]) classes += row["area_m2"].get<double>();
  EXPECT_EQ(area, 70 * 45 * 100);
  EXPECT_EQ(classes, 70 * 45 * 100);
  EXPECT_NE(test::read_text(out("areas.csv")).find("00.0\n"), std::string::npos);
  // in pixels again where they are asked for, and of some size
  ASSERT_EQ(predict({"--quiet", "--vector", "geojson", "--vector-coordinates", "pixels", "--vector-least", "900m2",
                     "--vector-simplify", "15m", path})
                .exit_code,
            0);
  const Json large = polygons("field.geojson");
  EXPECT_FALSE(large["features"].empty());
  for (const auto& feature : large["features"]) {
    EXPECT_GE(feature["properties"]["pixels"], 9);
    EXPECT_LE(feature["bbox"][2], 45);
  }
}

TEST_F(SegmentVector, AGeoPackage) {
  if (!has_geopackage()) GTEST_SKIP() << "no SQLite";
  const auto path = picture("p.png", 40, 50);
  const auto result = predict({"--quiet", "--vector", "gpkg", path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"p.gpkg", "p.png", "results.jsonl"}));
  EXPECT_EQ(test::read_text(out("p.gpkg")).substr(68, 4), "GPKG");
}

// What --resume keeps has its row in the table, and other polygons are other outputs.
TEST_F(SegmentVector, GoesOn) {
  const std::string first = picture("in/a.png", 20, 30), second = picture("in/b.png", 20, 30);
  const std::string in = (folder_ / "in").string();
  ASSERT_EQ(predict({"--vector", "geojson", first}).exit_code, 0);
  const auto again = predict({"--vector", "geojson", "--areas", "--resume", in});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.err.find("1 of 2 pictures are done"), std::string::npos) << again.err;
  const auto rows = parse_csv(test::read_text(out("areas.csv")), "areas.csv");
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[1].fields[0], first);
  EXPECT_EQ(rows[6].fields[0], second);
  std::filesystem::remove(out("a.geojson"));
  EXPECT_NE(predict({"--vector", "geojson", "--resume", in}).err.find("1 of 2"), std::string::npos);
  EXPECT_NE(predict({"--vector", "geojson", "--vector-least", "2", "--resume", in}).err.find("0 of 2"),
            std::string::npos);
}

TEST_F(SegmentVector, WrongUse) {
  const std::string path = picture("in/a.png", 20, 30);
  picture("in/b.png", 20, 30);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--vector", "shp", path},
                                             {"--vector", (folder_ / "x.geojson").string(), (folder_ / "in").string()},
                                             {"--vector", "geojson", "--vector-least", "2m", path},
                                             {"--vector", "geojson", "--vector-simplify", "-1", path},
                                             {"--vector", "geojson", "--vector-coordinates", "utm", path},
                                             {"--vector-least", "2", path}}) {
    const auto result = predict(words);
    EXPECT_EQ(result.exit_code, 2) << words[1] << result.err;
    EXPECT_NE(result.err.find("--vector"), std::string::npos) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  // what a picture lacks is its own trouble
  const std::string placed = placed_picture("in/c.tif", 20, 30);
  const auto result = predict({"--vector", "geojson", "--vector-coordinates", "raster", (folder_ / "in").string()});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_NE(result.err.find("a.png: "), std::string::npos) << result.err;
  EXPECT_EQ(files(), (std::vector<std::string>{"c.geojson", "c.png", "c.tif", "results.jsonl"}));
}

// The polygons of a map that is there are those that the prediction would have written.
TEST_F(SegmentVector, OfAMapThatIsThere) {
  const auto path = placed_picture("field.tif", 70, 45);
  ASSERT_EQ(predict({"--quiet", "--vector", "geojson", path}).exit_code, 0);
  const auto vectorize = [&](const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> all = {"segment", "vectorize", out("field.png").string(), "--out", out(name).string()};
    all.insert(all.end(), more.begin(), more.end());
    return test::run_multipole(all);
  };
  const auto result = vectorize("again.geojson", {"--model", model().string(), "--georeference", path});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  Json predicted = polygons("field.geojson");
  for (auto& feature : predicted["features"]) feature["properties"].erase("probability");
  EXPECT_EQ(polygons("again.geojson"), predicted);
  EXPECT_NE(result.err.find(std::to_string(predicted["features"].size()) + " regions"), std::string::npos);
  test::write_text(folder_ / "classes.txt", "one\n");
  const auto few = vectorize("few.geojson", {"--classes", (folder_ / "classes.txt").string()});
  EXPECT_EQ(few.exit_code, 3) << few.err;
  EXPECT_NE(few.err.find("field.png: row "), std::string::npos) << few.err;
  EXPECT_EQ(vectorize("a.shp", {}).exit_code, 2);
  EXPECT_EQ(vectorize("a.geojson", {"--georeference", out("field.png").string()}).exit_code, 3);
  EXPECT_EQ(vectorize("plain.geojson", {}).exit_code, 0);
  EXPECT_EQ(polygons("plain.geojson")["features"].size(), predicted["features"].size());
  const auto elsewhere = vectorize("a.geojson", {"--georeference", placed_picture("other.tif", 45, 70)});
  EXPECT_EQ(elsewhere.exit_code, 3) << elsewhere.err;
  EXPECT_NE(elsewhere.err.find("other.tif: 70 x 45 pixels, and the map has 45 x 70"), std::string::npos)
      << elsewhere.err;
}

// A map is read some rows at a time: places count from its own first row, and what a TIFF says is no data is in no
// region.
TEST_F(SegmentVector, OfMapsOfOtherPrograms) {
  const int64_t height = test::random_int(130, 300), width = test::random_int(5, 90);
  const auto labels = torch::randint(0, 3, {height, width}, torch::kUInt8);
  labels.masked_fill_(torch::rand({height, width}).lt(0.2), kNodataLabel);
  const auto vectorize = [&](const std::string& map, const std::string& name) {
    return test::run_multipole(
        {"segment", "vectorize", (folder_ / map).string(), "--out", out(name).string(), "--model", model().string()});
  };
  std::filesystem::create_directories(folder_ / "out");
  GeoTiffWriter writer(folder_ / "map.tif", height, width, default_palette(), {});
  writer.write(labels);
  writer.finish();
  folder_.write("map.png", test::encode_mask(labels.to(torch::kInt)));
  for (const std::string kind : {"tif", "png"}) {
    const auto result = vectorize("map." + kind, kind + ".geojson");
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  EXPECT_EQ(polygons("tif.geojson"), polygons("png.geojson"));
  int64_t pixels = 0;
  const Json regions = polygons("png.geojson");
  for (const auto& feature : regions.at("features")) {
    pixels += feature["properties"]["pixels"].get<int64_t>();
  }
  EXPECT_EQ(pixels, labels.ne(kNodataLabel).sum().item<int64_t>());

  const int64_t row = test::random_int(0, height - 1), column = test::random_int(0, width - 1);
  labels[row][column] = 3;
  folder_.write("map.png", test::encode_mask(labels.to(torch::kInt)));
  const auto unknown = vectorize("map.png", "unknown.geojson");
  EXPECT_EQ(unknown.exit_code, 3) << unknown.err;
  EXPECT_NE(unknown.err.find("map.png: row " + std::to_string(row) + ", column " + std::to_string(column) +
                             " holds 3, and there are 3 classes"),
            std::string::npos)
      << unknown.err;
  EXPECT_FALSE(std::filesystem::exists(out("unknown.geojson")));
}

}  // namespace
}  // namespace multipole

// Options of polygons as text.
#include <gtest/gtest.h>

#include "base/error.h"
#include "tasks/segmentation/vector/vector_options.h"

namespace multipole {
namespace {

TEST(VectorOptions, AFormatOrAFile) {
  EXPECT_EQ(parse_vector_target("geojson", "--vector").format, VectorFormat::kGeoJson);
  EXPECT_TRUE(parse_vector_target("geojson", "--vector").file.empty());
  EXPECT_EQ(parse_vector_target("gpkg", "--vector").format, VectorFormat::kGeoPackage);
  const auto file = parse_vector_target("a.b/c.GPKG", "--vector");
  EXPECT_EQ(file.format, VectorFormat::kGeoPackage);
  EXPECT_EQ(file.file, "a.b/c.GPKG");
  for (const char* text : {"", "shp", "a.shp", "geojson/", ".geojson/x"}) {
    EXPECT_THROW(parse_vector_target(text, "--vector"), ConfigError) << text;
  }
}

TEST(VectorOptions, Measures) {
  const auto measure = [](const char* text) { return parse_vector_measure(text, "m2", "--vector-least"); };
  EXPECT_EQ(measure("16").value, 16);
  EXPECT_FALSE(measure("1.5px").on_ground);
  EXPECT_EQ(measure("2.5m2").value, 2.5);
  EXPECT_TRUE(measure("2.5m2").on_ground);
  for (const char* text : {"", "m2", "-1", "1m", "1 px", "nan", "inf", "1e999"}) {
    EXPECT_THROW(measure(text), ConfigError) << text;
  }
}

TEST(VectorOptions, Coordinates) {
  EXPECT_EQ(parse_vector_coordinates("lonlat", "--vector-coordinates"), VectorCoordinates::kLonLat);
  EXPECT_THROW(parse_vector_coordinates("wgs84", "--vector-coordinates"), ConfigError);
}

}  // namespace
}  // namespace multipole

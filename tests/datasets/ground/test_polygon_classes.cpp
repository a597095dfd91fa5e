// What the values of polygons stand for.
#include <gtest/gtest.h>

#include "base/error.h"
#include "datasets/ground/polygon_classes.h"

namespace multipole {
namespace {

using Names = std::vector<std::string>;

NamedPolygonFile file_of(const Names& values) {
  NamedPolygonFile out{"a.geojson", {}};
  for (size_t i = 0; i < values.size(); ++i)
    out.file.features.push_back({"feature " + std::to_string(i + 1), values[i], {}});
  return out;
}

std::string refusal(const NamedPolygonFile& file, const Names& known, const std::string& outside = "") {
  try {
    polygon_classes({file}, known, outside).labels_of(file);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(PolygonClasses, WithoutAListTheyAreTheValuesInByteOrder) {
  const auto file = file_of({"wheat", "Maize", "10", "9", "ignore", "wheat"});
  const auto classes = polygon_classes({file}, {}, "");
  EXPECT_EQ(classes.names, (Names{"background", "10", "9", "Maize", "wheat"}));
  EXPECT_EQ(classes.outside, 0);
  EXPECT_EQ(classes.labels_of(file), (std::vector<uint8_t>{4, 3, 1, 2, 255, 4}));
  EXPECT_NE(classes.note.find("'background'"), std::string::npos);
  const auto sparse = polygon_classes({file}, {}, "ignore");
  EXPECT_EQ(sparse.names, (Names{"10", "9", "Maize", "wheat"}));
  EXPECT_EQ(sparse.outside, 255);
  EXPECT_EQ(polygon_classes({file}, {}, "wheat").names, (Names{"wheat", "10", "9", "Maize"}));
}

TEST(PolygonClasses, AListSaysWhichThereAre) {
  const auto file = file_of({"b", "1", "ignore"});
  const auto classes = polygon_classes({file}, {"a", "b"}, "");
  EXPECT_EQ(classes.labels_of(file), (std::vector<uint8_t>{1, 1, 255}));
  EXPECT_EQ(classes.outside, 255) << "the list has no background";
  EXPECT_EQ(polygon_classes({file}, {"a", "background", "b"}, "").outside, 1);
  EXPECT_EQ(polygon_classes({file}, {"a", "b"}, "a").outside, 0);
  EXPECT_NE(refusal(file_of({"a", "aa"}), {"a", "b"}).find("a.geojson: feature 2 is of 'aa', which is no class"),
            std::string::npos);
  EXPECT_NE(refusal(file_of({"2"}), {"a", "b"}).find("'2', which is no class"), std::string::npos);
  EXPECT_NE(refusal(file, {"a", "b"}, "c").find("data.outside: 'c' is no class"), std::string::npos);
}

TEST(PolygonClasses, TooManyValuesAreNoClasses) {
  Names values;
  for (int i = 0; i < 300; ++i) values.push_back("v" + std::to_string(i));
  EXPECT_NE(refusal(file_of(values), {}).find("301 different values"), std::string::npos);
}

}  // namespace
}  // namespace multipole

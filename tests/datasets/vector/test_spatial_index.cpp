// The spatial index of a GeoPackage as SQLite reads it: sound, with all boxes, and found by it.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "datasets/vector/spatial_index.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

CoordinateBox box_of(double low_x, double low_y, double width, double height) {
  CoordinateBox box;
  box.add({low_x, low_y});
  box.add({low_x + width, low_y + height});
  return box;
}

// Boxes in about the order in which regions of a map are done.
std::vector<CoordinateBox> random_boxes(size_t count) {
  std::vector<CoordinateBox> boxes;
  for (size_t i = 0; i < count; ++i) {
    const double scale = random_int(0, 20) == 0 ? 100 : 1;
    boxes.push_back(box_of(static_cast<double>(random_int(-5000, 5000)) / 7, static_cast<double>(i) / 70.1,
                           scale * static_cast<double>(random_int(0, 9)), scale * static_cast<double>(random_int(0, 9))));
  }
  return boxes;
}

TEST(SpatialIndex, SqliteFindsWhatIsThere) {
  if (!has_spatial_index()) GTEST_SKIP() << "no R*Tree";
  std::vector<size_t> counts = {0, 1, 51, 52, 51 * 51, 51 * 51 + 1, SpatialIndex::kBoxesAtOnce,
                                2 * SpatialIndex::kBoxesAtOnce + 1};
  counts.push_back(static_cast<size_t>(random_int(1, 100'000)));
  for (const size_t count : counts) {
    const test::TemporaryFolder folder;
    SqliteFile file(folder / "a.gpkg");
    file.run("BEGIN; CREATE TABLE regions (fid INTEGER NOT NULL PRIMARY KEY, geom POLYGON)");
    const auto boxes = random_boxes(count);
    SpatialIndex index(file);
    for (size_t i = 0; i < count; ++i) index.add(static_cast<int64_t>(3 * i), boxes[i]);
    index.finish();
    file.run("COMMIT");
    EXPECT_EQ(file.number("SELECT rtreecheck('rtree_regions_geom') = 'ok'"), 1) << count;
    EXPECT_EQ(file.number("SELECT count(*) FROM rtree_regions_geom"), static_cast<int64_t>(count));
    for (int round = 0; round < 20; ++round) {
      const double x = static_cast<double>(random_int(-800, 800)) + 0.3;
      const double y = static_cast<double>(random_int(-10, static_cast<int64_t>(count) / 70 + 10)) + 0.3;
      const double side = static_cast<double>(random_int(0, 100));
      int64_t expected = 0, sum = 0;
      for (size_t i = 0; i < count; ++i) {
        if (boxes[i].low[0] > x + side || boxes[i].high[0] < x || boxes[i].low[1] > y + side || boxes[i].high[1] < y) {
          continue;
        }
        ++expected;
        sum += static_cast<int64_t>(3 * i);
      }
      const std::string where = " FROM rtree_regions_geom WHERE minx <= " + std::to_string(x + side) +
                                " AND maxx >= " + std::to_string(x) + " AND miny <= " + std::to_string(y + side) +
                                " AND maxy >= " + std::to_string(y);
      EXPECT_EQ(file.number("SELECT count(*)" + where), expected) << count << where;
      EXPECT_EQ(file.number("SELECT coalesce(sum(id), 0)" + where), sum) << count << where;
    }
    file.close();
  }
}

// Boxes are never smaller than they are: 32 bits round outwards.
TEST(SpatialIndex, RoundsOutwards) {
  if (!has_spatial_index()) GTEST_SKIP() << "no R*Tree";
  const test::TemporaryFolder folder;
  SqliteFile file(folder / "a.gpkg");
  file.run("CREATE TABLE regions (fid INTEGER NOT NULL PRIMARY KEY, geom POLYGON)");
  SpatialIndex index(file);
  for (int i = 0; i < 60; ++i) {
    const double place = (i % 2 == 0 ? 1 : -1) * (500000.1 + i * 0.3);
    index.add(i, box_of(place, 10 * place, 0.1, 0.1));
  }
  index.finish();
  for (int i = 0; i < 60; ++i) {
    const double place = (i % 2 == 0 ? 1 : -1) * (500000.1 + i * 0.3);
    const std::string x = std::to_string(place), y = std::to_string(10 * place);
    EXPECT_EQ(file.number("SELECT minx <= " + x + " AND maxx >= " + x + " + 0.1 AND miny <= " + y + " AND maxy >= " + y +
                          " + 0.1 AND maxx - minx < 0.3 FROM rtree_regions_geom WHERE id = " + std::to_string(i)),
              1)
        << i;
  }
  file.close();
}

}  // namespace
}  // namespace multipole

// Counts of pixels alike against counting them one by one.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tasks/segmentation/agreement/map_agreement.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::random_int;

int64_t distance_to(const std::vector<int64_t>& borders, int64_t place) {
  int64_t nearest = int64_t{1} << 40;
  for (const int64_t border : borders) {
    nearest = std::min(nearest, place < border ? border - place - 1 : place - border);
  }
  return nearest;
}

std::vector<int64_t> random_borders(int64_t extent) {
  std::vector<int64_t> borders;
  for (int64_t place = 0; extent > 1 && random_int(0, 3) > 0 && place < extent - 1;) {
    borders.push_back(place = random_int(place + 1, extent - 1));
  }
  return borders;
}

TEST(MapAgreement, CountsWhatOneCountsByHand) {
  for (int round = 0; round < 20; ++round) {
    const int64_t height = random_int(1, 90), width = random_int(1, 400), classes = random_int(1, 5);
    const TileBorders borders{random_borders(height), random_borders(width)};
    auto one = torch::randint(0, classes, {height, width}, torch::kUInt8);
    auto other = torch::where(torch::rand({height, width}) < 0.6, one, torch::randint_like(one, 0, classes));
    for (auto* map : {&one, &other}) map->masked_fill_(torch::rand({height, width}) < 0.05, 255);
    MapAgreement agreement(classes);
    std::map<int64_t, int64_t> pixels, alike, both, either;
    for (int64_t row = 0; row < height;) {
      const int64_t rows = std::min(height - row, random_int(1, 30));
      const auto distances = border_distances(borders, row, rows, width);
      ASSERT_EQ(distances.sizes(), (std::vector<int64_t>{rows, width}));
      agreement.add(one.narrow(0, row, rows), other.narrow(0, row, rows), distances);
      row += rows;
    }
    int64_t all = 0, same = 0;
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const auto a = one[y][x].item<int64_t>(), b = other[y][x].item<int64_t>();
        if (a == 255 || b == 255) continue;
        const int64_t distance = std::min(distance_to(borders.rows, y), distance_to(borders.columns, x));
        const int64_t from = *std::prev(std::upper_bound(MapAgreement::kFrom.begin(), MapAgreement::kFrom.end(),
                                                         distance));
        ++all;
        same += a == b;
        ++pixels[from];
        alike[from] += a == b;
        both[a] += a == b;
        ++either[a];
        either[b] += a != b;
      }
    }
    std::vector<std::string> names;
    for (int64_t i = 0; i < classes; ++i) names.push_back("class " + std::to_string(i));
    const Json found = agreement.to_json(names);
    EXPECT_EQ(found["pixels"], all);
    if (all > 0) {
      EXPECT_DOUBLE_EQ(found["alike"].get<double>(), static_cast<double>(same) / static_cast<double>(all));
    }
    ASSERT_EQ(found["distances"].size(), pixels.size());
    for (const auto& row : found["distances"]) {
      const int64_t from = row["from"];
      EXPECT_EQ(row["pixels"], pixels.at(from));
      EXPECT_DOUBLE_EQ(row["alike"].get<double>(),
                       static_cast<double>(alike[from]) / static_cast<double>(pixels[from]));
    }
    ASSERT_EQ(found["classes"].size(), either.size());
    for (const auto& row : found["classes"]) {
      const int64_t index = row["index"];
      EXPECT_EQ(row["class"], names[static_cast<size_t>(index)]);
      EXPECT_EQ(row["both"], both[index]);
      EXPECT_EQ(row["either"], either.at(index));
    }
  }
}

TEST(MapAgreement, NothingToCompareHasNoShare) {
  const auto nothing = torch::full({4, 5}, 255, torch::kUInt8);
  MapAgreement agreement(2);
  agreement.add(nothing, torch::zeros_like(nothing), border_distances({}, 0, 4, 5));
  const Json found = agreement.to_json({"a", "b"});
  EXPECT_EQ(found["pixels"], 0);
  EXPECT_TRUE(found["alike"].is_null());
  EXPECT_TRUE(found["classes"].empty());
  EXPECT_TRUE(found["distances"].empty());
}

}  // namespace
}  // namespace multipole

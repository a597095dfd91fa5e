// Label maps for tests, and their regions by plain means.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "datasets/regions/region_tracer.h"
#include "tests/support/random_source.h"

namespace multipole::test {

struct LabelMap {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> labels;  // row by row

  uint8_t at(int64_t y, int64_t x) const { return labels[static_cast<size_t>(y * width + x)]; }
  uint8_t& at(int64_t y, int64_t x) { return labels[static_cast<size_t>(y * width + x)]; }
};

// Noise, blots on a ground or boxes in boxes; some of it kNoRegion.
inline LabelMap random_label_map(int64_t most) {
  LabelMap map{random_int(1, most), random_int(1, most), {}};
  const int64_t num_labels = random_int(1, 4), kind = random_int(0, 2);
  const auto label = [&] { return static_cast<uint8_t>(random_int(0, 9) == 0 ? 255 : random_int(0, num_labels - 1)); };
  map.labels.assign(static_cast<size_t>(map.height * map.width), 0);
  if (kind == 0) {
    for (auto& value : map.labels) value = label();
    return map;
  }
  for (int64_t i = random_int(0, 60); i > 0; --i) {
    const int64_t side = kind == 1 ? 4 : most;
    const int64_t y = random_int(0, map.height - 1), x = random_int(0, map.width - 1);
    const int64_t bottom = std::min(map.height, y + random_int(1, side)),
                  right = std::min(map.width, x + random_int(1, side));
    const uint8_t value = label();
    for (int64_t v = y; v < bottom; ++v) {
      for (int64_t u = x; u < right; ++u) map.at(v, u) = value;
    }
  }
  return map;
}

// Of each pixel the first pixel, in reading order, of its region; -1 for kNoRegion. By flooding.
inline std::vector<int64_t> flooded_regions(const LabelMap& map) {
  std::vector<int64_t> ids(map.labels.size(), -1);
  std::vector<int64_t> open;
  for (int64_t first = 0; first < map.height * map.width; ++first) {
    if (ids[static_cast<size_t>(first)] >= 0 || map.labels[static_cast<size_t>(first)] == kNoRegion) continue;
    ids[static_cast<size_t>(first)] = first;
    open = {first};
    while (!open.empty()) {
      const int64_t y = open.back() / map.width, x = open.back() % map.width;
      open.pop_back();
      for (const auto& [v, u] : {std::pair{y - 1, x}, {y + 1, x}, {y, x - 1}, {y, x + 1}}) {
        if (v < 0 || u < 0 || v >= map.height || u >= map.width || map.at(v, u) != map.at(y, x)) continue;
        auto& id = ids[static_cast<size_t>(v * map.width + u)];
        if (id < 0) open.push_back(v * map.width + u);
        id = first;
      }
    }
  }
  return ids;
}

// The pixels inside of the rings by the even-odd rule, in reading order.
inline std::vector<int64_t> filled_pixels(const std::vector<CornerRing>& rings, int64_t width) {
  std::map<int32_t, std::vector<int32_t>> crossings;  // of the rows, where a vertical side crosses them
  for (const auto& ring : rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const auto& from = ring[i];
      const auto& to = ring[(i + 1) % ring.size()];
      for (int32_t y = std::min(from.y, to.y); y < std::max(from.y, to.y); ++y) crossings[y].push_back(from.x);
    }
  }
  std::vector<int64_t> pixels;
  for (auto& [y, places] : crossings) {
    std::sort(places.begin(), places.end());
    for (size_t i = 0; i + 1 < places.size(); i += 2) {
      for (int32_t x = places[i]; x < places[i + 1]; ++x) pixels.push_back(y * width + x);
    }
  }
  return pixels;
}

inline std::vector<Region> traced_regions(const LabelMap& map) {
  std::vector<Region> regions;
  RegionTracer tracer(map.width, [&regions](Region region) { regions.push_back(std::move(region)); });
  for (int64_t y = 0; y < map.height; ++y) {
    const uint8_t* const row = map.labels.data() + y * map.width;
    tracer.add_row(row, row, static_cast<double>(y + 1));
  }
  tracer.finish();
  return regions;
}

}  // namespace multipole::test

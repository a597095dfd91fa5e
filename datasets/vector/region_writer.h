// Files of regions: a polygon each, with what is known of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/regions/region.h"

namespace multipole {

// What all regions of a file share.
struct RegionLayer {
  std::vector<std::string> classes;            // the names of the labels
  std::vector<std::array<uint8_t, 3>> colors;  // R, G and B of each
  // From corners to the file's coordinates. None: they are the corners' own.
  std::function<std::array<double, 2>(PixelCorner)> place;
  bool upright = false;  // y grows upwards in the file's coordinates: rings keep their order, and turn around otherwise
  int epsg = 0;          // code of their system; 0 for none
  bool geographic = false;
};

struct RegionFacts {
  std::optional<double> area_m2;
  std::optional<double> probability;  // mean over its pixels, 0 to 1
};

class RegionWriter {
 public:
  virtual ~RegionWriter() = default;
  // A region whose label is a place in the layer's classes. Outlines are written counter-clockwise and holes clockwise,
  // as RFC 7946 has it.
  virtual void write(const Region& region, const RegionFacts& facts) = 0;
  // After the last region.
  virtual void finish() = 0;
};

// Calls `visit` with each corner of the ring in the order that files have, the first once more at the end.
template <class Visit>
void visit_ring(const CornerRing& ring, const RegionLayer& layer, const Visit& visit) {
  const auto place = [&layer](PixelCorner corner) {
    return layer.place ? layer.place(corner) : std::array{static_cast<double>(corner.x), static_cast<double>(corner.y)};
  };
  visit(place(ring.front()));
  if (layer.upright) {
    for (size_t i = 1; i < ring.size(); ++i) visit(place(ring[i]));
  } else {
    for (size_t i = ring.size() - 1; i > 0; --i) visit(place(ring[i]));
  }
  visit(place(ring.front()));
}

// The smallest box around what it is given.
struct CoordinateBox {
  std::array<double, 2> low = {0, 0}, high = {0, 0};
  bool empty = true;

  void add(const std::array<double, 2>& point) {
    for (size_t i = 0; i < 2; ++i) {
      low[i] = empty || point[i] < low[i] ? point[i] : low[i];
      high[i] = empty || point[i] > high[i] ? point[i] : high[i];
    }
    empty = false;
  }
};

}  // namespace multipole

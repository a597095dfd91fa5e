#include "datasets/vector/draw_polygon.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace multipole {
namespace {

// The first whole number whose half-way mark n + 0.5 is at or beyond `place`, within [low, high].
int64_t first_centre(double place, int64_t low, int64_t high) {
  const double first = std::ceil(place - 0.5);
  return static_cast<int64_t>(std::clamp(first, static_cast<double>(low), static_cast<double>(high)));
}

// Where the sides of all rings cross the lines of the rows' centres.
class Crossings {
 public:
  explicit Crossings(const CropBox& part) : part_(part), columns_(static_cast<size_t>(part.height)) {}

  void add_side(std::array<double, 2> from, std::array<double, 2> to) {
    if (from[1] > to[1]) std::swap(from, to);
    const int64_t first = first_centre(from[1], part_.top, part_.bottom());
    const int64_t end = first_centre(to[1], part_.top, part_.bottom());
    for (int64_t row = first; row < end; ++row) {
      const double y = static_cast<double>(row) + 0.5;
      const double x = (y - from[1]) * (to[0] - from[0]) / (to[1] - from[1]) + from[0];
      columns_[static_cast<size_t>(row - part_.top)].push_back(column_of(x));
    }
  }

  void fill(uint8_t label, uint8_t* labels) {
    for (auto& columns : columns_) {
      std::sort(columns.begin(), columns.end());
      for (size_t i = 0; i + 1 < columns.size(); i += 2) {
        std::fill(labels + columns[i], labels + columns[i + 1], label);
      }
      labels += part_.width;
    }
  }

 private:
  // The first column within the part whose centre is right of x.
  int64_t column_of(double x) const {
    const double column = std::floor(x + 0.5) - static_cast<double>(part_.left);
    return static_cast<int64_t>(std::clamp(column, 0.0, static_cast<double>(part_.width)));
  }

  CropBox part_;
  std::vector<std::vector<int64_t>> columns_;  // of each row
};

}  // namespace

bool PolygonBounds::meets(const CropBox& part) const {
  return right >= static_cast<double>(part.left) && left <= static_cast<double>(part.right()) &&
         bottom >= static_cast<double>(part.top) && top <= static_cast<double>(part.bottom());
}

PolygonBounds bounds_of(const DrawnPolygon& polygon) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  PolygonBounds bounds{kFar, kFar, -kFar, -kFar};
  for (const auto& ring : polygon.rings) {
    for (const auto& [x, y] : ring) {
      bounds = {std::min(bounds.left, x), std::min(bounds.top, y), std::max(bounds.right, x),
                std::max(bounds.bottom, y)};
    }
  }
  return bounds;
}

void draw_polygon(const DrawnPolygon& polygon, uint8_t label, const CropBox& part, uint8_t* labels) {
  Crossings crossings(part);
  for (const auto& ring : polygon.rings) {
    for (size_t i = 0; i < ring.size(); ++i) crossings.add_side(ring[i], ring[(i + 1) % ring.size()]);
  }
  crossings.fill(label, labels);
}

}  // namespace multipole

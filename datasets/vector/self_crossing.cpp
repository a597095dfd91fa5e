#include "datasets/vector/self_crossing.h"

#include <algorithm>
#include <vector>

namespace multipole {
namespace {

using Point = std::array<double, 2>;

struct Side {
  Point from, to;  // from the smaller y on
};

// Twice the area of the triangle, above zero where `c` is left of the way from a to b.
double turn(const Point& a, const Point& b, const Point& c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

bool are_apart(double one, double other) { return (one > 0 && other < 0) || (one < 0 && other > 0); }

bool may_meet(const Side& a, const Side& b) {
  return std::max(a.from[0], a.to[0]) >= std::min(b.from[0], b.to[0]) &&
         std::max(b.from[0], b.to[0]) >= std::min(a.from[0], a.to[0]);
}

std::optional<Point> crossing_of(const Side& a, const Side& b) {
  if (!may_meet(a, b)) return std::nullopt;
  const double first = turn(a.from, a.to, b.from), second = turn(a.from, a.to, b.to);
  if (!are_apart(first, second) || !are_apart(turn(b.from, b.to, a.from), turn(b.from, b.to, a.to)))
    return std::nullopt;
  const double share = first / (first - second);
  return Point{b.from[0] + share * (b.to[0] - b.from[0]), b.from[1] + share * (b.to[1] - b.from[1])};
}

}  // namespace

std::optional<Point> find_self_crossing(const DrawnPolygon& polygon) {
  std::vector<Side> sides;
  for (const auto& ring : polygon.rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      Side side{ring[i], ring[(i + 1) % ring.size()]};
      if (side.from[1] > side.to[1]) std::swap(side.from, side.to);
      sides.push_back(side);
    }
  }
  std::sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.from[1] < b.from[1]; });
  std::vector<const Side*> reached;  // by a line that goes down the sides' beginnings
  for (const auto& side : sides) {
    std::erase_if(reached, [&](const Side* other) { return other->to[1] < side.from[1]; });
    for (const Side* const other : reached) {
      if (const auto place = crossing_of(*other, side)) return place;
    }
    reached.push_back(&side);
  }
  return std::nullopt;
}

}  // namespace multipole

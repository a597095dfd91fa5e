#include "datasets/regions/ring_shape.h"

#include <algorithm>
#include <stdexcept>

namespace multipole {

int64_t enclosed_pixels(const CornerRing& ring) {
  int64_t sum = 0;  // every second side is vertical
  for (size_t i = 0; i < ring.size(); ++i) {
    const auto& from = ring[i];
    const auto& to = ring[i + 1 == ring.size() ? 0 : i + 1];
    sum -= int64_t{from.x} * (to.y - from.y);
  }
  return sum;
}

void put_outline_first(std::vector<CornerRing>& rings) {
  const auto is_outline = [](const CornerRing& ring) { return enclosed_pixels(ring) > 0; };
  const auto outline = std::ranges::find_if(rings, is_outline);
  if (outline == rings.end() || std::any_of(outline + 1, rings.end(), is_outline)) {
    throw std::logic_error("a region without one outline");
  }
  std::rotate(rings.begin(), outline, outline + 1);
}

}  // namespace multipole

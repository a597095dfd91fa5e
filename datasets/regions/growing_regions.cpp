#include "datasets/regions/growing_regions.h"

#include <algorithm>

#include "datasets/regions/ring_shape.h"

namespace multipole {

GrowingRegions::Part GrowingRegions::start(uint8_t label) {
  Growing part = {};
  part.label = label;
  part.first_pixel = std::numeric_limits<int64_t>::max();
  part.first_ring = part.last_ring = kNone;
  const Part index = parts_.add(part);
  parts_[index].parent = index;
  return index;
}

GrowingRegions::Part GrowingRegions::root(Part part) {
  while (parts_[part].parent != part) {
    parts_[part].parent = parts_[parts_[part].parent].parent;
    part = parts_[part].parent;
  }
  return part;
}

GrowingRegions::Part GrowingRegions::unite(Part one, Part other) {
  const Part kept = root(one), gone = root(other);
  if (kept == gone) return kept;
  Growing& to = parts_[kept];
  Growing& from = parts_[gone];
  from.parent = kept;
  to.last_row = std::max(to.last_row, from.last_row);
  to.first_pixel = std::min(to.first_pixel, from.first_pixel);
  to.pixels += from.pixels;
  to.weight += from.weight;
  to.values += from.values;
  if (from.first_ring != kNone) {
    (to.last_ring == kNone ? to.first_ring : rings_[to.last_ring].next) = from.first_ring;
    to.last_ring = from.last_ring;
  }
  unused_.push_back(gone);
  return kept;
}

void GrowingRegions::add(Part root, const RunOfPixels& run) {
  Growing& part = parts_[root];
  part.last_row = run.row;
  part.first_pixel = std::min(part.first_pixel, run.first_pixel);
  part.pixels += run.pixels;
  part.weight += run.weight;
  part.values += run.values;
}

void GrowingRegions::add_ring(Part root, CornerPaths::Ring ring) {
  const uint32_t link = rings_.add({ring, kNone});
  Growing& part = parts_[root];
  (part.last_ring == kNone ? part.first_ring : rings_[part.last_ring].next) = link;
  part.last_ring = link;
}

Region GrowingRegions::take(Part root, CornerPaths& paths) {
  Growing& part = parts_[root];
  Region region;
  region.label = part.label;
  region.id = part.first_pixel;
  region.pixels = part.pixels;
  region.weight = part.weight;
  region.values = part.values;
  for (uint32_t link = part.first_ring; link != kNone;) {
    const RingLink ring = rings_[link];
    paths.take(ring.ring, region.rings);
    rings_.remove(link);
    link = ring.next;
  }
  put_outline_first(region.rings);
  part.pixels = 0;
  unused_.push_back(root);
  return region;
}

void GrowingRegions::forget_united() {
  for (const Part part : unused_) parts_.remove(part);
  unused_.clear();
}

}  // namespace multipole

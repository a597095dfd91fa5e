// Regions while rows come: parts that meet become one (union-find), and a number is used again once its region is done.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/regions/corner_paths.h"
#include "datasets/regions/region.h"

namespace multipole {

class GrowingRegions {
 public:
  using Part = uint32_t;
  static constexpr Part kNone = std::numeric_limits<Part>::max();

  struct RunOfPixels {
    int64_t row, first_pixel, pixels;
    double weight;
    uint64_t values;
  };

  Part start(uint8_t label);
  // The part that stands for all that it was united with.
  Part root(Part part);
  Part unite(Part one, Part other);
  void add(Part root, const RunOfPixels& run);
  void add_ring(Part root, CornerPaths::Ring ring);

  // Whether no row since has a pixel of it, and it was not taken yet.
  bool is_done(Part root, int64_t row) const { return parts_[root].pixels > 0 && parts_[root].last_row < row; }
  // Its number may be given to another after the next forget_united().
  Region take(Part root, CornerPaths& paths);
  // After a row, when no one holds a part that is not a root.
  void forget_united();

 private:
  struct Growing {
    Part parent;
    uint8_t label;
    int64_t last_row, first_pixel, pixels;
    double weight;
    uint64_t values;
    uint32_t first_ring, last_ring;
  };
  struct RingLink {
    CornerPaths::Ring ring;
    uint32_t next;
  };

  ChunkedPool<Growing> parts_;
  ChunkedPool<RingLink> rings_;
  std::vector<Part> unused_;
};

}  // namespace multipole

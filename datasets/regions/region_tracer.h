// Finds the regions of a label map and traces their outlines, from the top down, a row at a time. A region is handed
// over as soon as no later row can belong to it, so that memory holds one row and the corners of the regions that the
// row cuts: 12 bytes each, and 8 to 24 more for those of the one that is handed over.
//
// All outlines are traced at once, in the order of the scan: at each corner of pixels an outline turns around those
// that hang together there by their sides. Pieces of outlines that meet are joined, and close into rings. Which regions
// there are, their numbers and their rings depend on the map alone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "datasets/regions/corner_paths.h"
#include "datasets/regions/growing_regions.h"
#include "datasets/regions/region.h"

namespace multipole {

class RegionTracer {
 public:
  using Take = std::function<void(Region region)>;

  // For a map `width` pixels wide, from 1 to 2^31 - 2.
  RegionTracer(int64_t width, Take take);

  // The next row: its labels, where kNoRegion belongs to no region; the values that a region's pixels are summed of, or
  // null; and what each of its pixels weighs.
  void add_row(const uint8_t* labels, const uint8_t* values = nullptr, double weight = 1);
  // After the last row: hands over what is left.
  void finish();

 private:
  using End = CornerPaths::End;

  // Pixels of one label side by side. Its outline goes down along its left side and up along its right one; `down` and
  // `up` are the ends there of the pieces that stand above.
  struct Run {
    int32_t begin, end;
    uint8_t label;
    GrowingRegions::Part part = GrowingRegions::kNone;
    End down = CornerPaths::kNone, up = CornerPaths::kNone;
  };
  // Along the line between two rows: of the outline of what lies above, which goes to the right, and of what lies
  // below, which comes from there.
  struct Line {
    End above = CornerPaths::kNone, below = CornerPaths::kNone;
  };

  void find_runs(const uint8_t* labels);
  void connect_rows();
  void count_pixels(const uint8_t* values, double weight);
  void trace_line();
  // The corner at (x, row_) between these runs.
  void trace_corner(int32_t x, const std::array<Run*, 4>& around, Line& line);
  void hand_over();

  int64_t width_;
  Take take_;
  int32_t row_ = 0;
  std::vector<Run> above_, below_;  // the row before and this one, between two runs of no region
  CornerPaths paths_;
  GrowingRegions regions_;
};

}  // namespace multipole

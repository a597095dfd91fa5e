// A region of a label map: pixels of one label that hang together by their sides (4-connected). Its outline runs along
// the sides of pixels, so that it holds exactly its pixels and neighbours share their border.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole {

// Where pixels meet: (0, 0) is the upper left corner of the first pixel, (1, 1) its lower right one.
struct PixelCorner {
  int32_t x = 0, y = 0;
  bool operator==(const PixelCorner&) const = default;
};

// Closed: the first corner is not repeated at the end. No three neighbours lie on one line.
using CornerRing = std::vector<PixelCorner>;

// Pixels of this label belong to no region: nothing is known of them.
inline constexpr uint8_t kNoRegion = 255;

struct Region {
  uint8_t label = 0;
  int64_t id = 0;  // row * width + column of its first pixel in reading order: no two regions of a map share it
  int64_t pixels = 0;
  double weight = 0;    // sum of what its rows weigh, over its pixels
  uint64_t values = 0;  // sum of its pixels' values
  // The first is the outline, counter-clockwise where y points up (and so on the screen, where y points down), and the
  // others are holes, clockwise. None crosses or touches itself; two may touch at corners.
  std::vector<CornerRing> rings;
};

}  // namespace multipole

// A resize (resize.h) that takes a picture's rows as they come: they are made narrower at once, so that neither the
// whole picture nor what its crop leaves out need be in memory.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>

#include "datasets/codecs/crop_box.h"
#include "datasets/pictures/axis_weights.h"
#include "datasets/pictures/resize.h"

namespace multipole {

// Where rows lie in memory.
struct PixelRows {
  const uint8_t* first = nullptr;
  int64_t stride = 0;  // bytes from one to the next
};

class RowResize {
 public:
  // The part `window` of a picture of height x width that is resized to new_height x new_width.
  RowResize(int64_t height, int64_t width, int64_t new_height, int64_t new_width, const CropBox& window,
            Interpolation interpolation);

  // The pixels of the picture that count.
  const CropBox& source() const { return source_; }

  // Gives the next `count` rows of source(); they stay until it is called again.
  using Read = std::function<PixelRows(int64_t count)>;

  // (window.height, window.width, channels) uint8. Calls read() until it has given all rows.
  torch::Tensor run(int64_t channels, const Read& read) const;

 private:
  int64_t height_, width_;  // of the window
  CropBox source_;
  bool along_x_, along_y_;
  AxisWeights horizontal_, vertical_;  // of an axis that keeps its size: empty, and it is only cut
};

}  // namespace multipole

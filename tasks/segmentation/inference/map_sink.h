// Where the label map of a picture goes, from the top down, a band of rows at a time.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "heads/head.h"

namespace multipole {

// What is wanted of each pixel besides its class.
struct MapOutputs {
  bool probability = false;
  bool uncertainty = false;
};

// The class of pixels without data, which is no class: their probability and uncertainty are 0.
inline constexpr int64_t kNoDataClass = 255;

struct MapBand {
  int64_t first_row = 0;
  torch::Tensor pixels = {};       // (rows, W, 3) uint8 RGB of the picture
  torch::Tensor validity = {};     // (rows, W) bool, which of them hold data; undefined where all do
  torch::Tensor classes = {};      // (rows, W) uint8 class ids
  torch::Tensor probability = {};  // (rows, W) uint8: that of the class, 255 for 1; undefined where not wanted
  torch::Tensor uncertainty = {};  // (rows, W) uint8: entropy of the classes, 255 for all alike; undefined likewise
};

class MapSink {
 public:
  virtual ~MapSink() = default;
  // What the sink itself holds of a picture of this size at most, on the CPU; small things do not count.
  virtual double held_bytes(ImageSize) const { return 0; }
  // Before the first band of a picture of this size. Once more where a picture is begun anew, in smaller tiles: the
  // bands before no longer count.
  virtual void begin(int64_t height, int64_t width) = 0;
  virtual void write(const MapBand& band) = 0;
};

}  // namespace multipole

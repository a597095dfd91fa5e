// Writes a PNG row by row.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "datasets/pictures/palette.h"

namespace multipole {

// Takes the bytes of a file in order; may throw.
using ByteSink = std::function<void(const void* data, size_t size)>;

class PngWriter {
 public:
  enum class Kind { kRgb, kGray, kPalette };

  // `palette`: 1 to 256 colours, for kPalette only. Throws std::invalid_argument for a size that PNG cannot hold.
  PngWriter(int64_t height, int64_t width, Kind kind, const std::vector<PaletteColor>& palette, ByteSink sink);
  ~PngWriter();
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  // uint8: (rows, width) ids or gray values, or (rows, width, 3) RGB.
  void write(const torch::Tensor& rows);
  // After the last row.
  void finish();

 private:
  class Encoder;
  std::unique_ptr<Encoder> encoder_;
  ByteSink sink_;
};

}  // namespace multipole

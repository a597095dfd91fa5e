// A picture with its classes' colours laid over it, and below it a legend with each class's share, as a JPEG that is
// written while the picture is segmented.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/jpeg_writer.h"
#include "datasets/png_writer.h"
#include "engine/segmentation/map_sink.h"
#include "heads/head.h"

namespace multipole {

// Legend of `width` pixels or more, (rows, columns, 3) uint8: a swatch, the name and the share of each class.
// `shares` may be empty. Its size does not depend on the shares.
torch::Tensor draw_legend(const std::vector<std::string>& classes, const std::vector<PaletteColor>& palette,
                          const std::vector<double>& shares, int64_t width);

class Overlay {
 public:
  // `palette`: a colour for every class. A picture beyond what JPEG holds is thinned to every second pixel, or third...
  Overlay(ImageSize size, std::vector<std::string> classes, std::vector<PaletteColor> palette, ByteSink sink);

  void write(const MapBand& band);
  // After the last band.
  void finish(const std::vector<double>& shares);

 private:
  std::vector<std::string> classes_;
  std::vector<PaletteColor> palette_;
  int64_t step_ = 1;    // of the pixels kept
  int64_t width_ = 0;   // of the picture's kept pixels
  int64_t canvas_ = 0;  // of the JPEG: the legend of a narrow picture is wider
  std::unique_ptr<JpegWriter> writer_;
};

}  // namespace multipole

// A picture with its classes' colours laid over it, as a JPEG of the same size that is written while the picture is
// segmented.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/pictures/jpeg_writer.h"
#include "datasets/pictures/png_writer.h"
#include "heads/head.h"
#include "tasks/segmentation/inference/map_sink.h"

namespace multipole {

class Overlay {
 public:
  // `palette`: a colour for every class. A picture beyond what JPEG holds is thinned to every second pixel, or third...
  Overlay(ImageSize size, std::vector<PaletteColor> palette, ByteSink sink);

  // Pixels without data are black.
  void write(const MapBand& band);
  // After the last band.
  void finish();

 private:
  std::vector<PaletteColor> palette_;
  int64_t step_ = 1;  // of the pixels kept
  std::unique_ptr<JpegWriter> writer_;
};

}  // namespace multipole

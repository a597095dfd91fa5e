// Which bands of a TIFF are its colours and which one its alpha.
#pragma once

#include <string>
#include <vector>

#include "datasets/codecs/tiff_pixels.h"
#include "datasets/codecs/tiff_reader.h"

namespace multipole::codecs {

struct TiffBands {
  int count = 1;   // samples a pixel
  int colors = 1;  // that are read, from the first band on
  RasterAlpha alpha = RasterAlpha::kNone;
  std::vector<std::string> notes;  // what the file does not say
};

// libtiff's reader of colours guesses where a file says nothing of its bands: a fourth one is alpha, and what stands
// beside a gray one is nothing. Geographic software writes just such files. This settles the bands of the open page by
// rules of our own and changes the page's fields in memory, so that whole pictures, strips and tiles are read alike:
// a band is alpha only where the file says so, and three bands or more are red, green and blue. Throws CodecError for
// bands that make no picture.
TiffBands settle_bands(const TiffReader& reader);

}  // namespace multipole::codecs

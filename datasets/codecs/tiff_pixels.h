// From libtiff's RGBA rasters to RGB.
#pragma once

#include <tiffio.h>

#include <algorithm>
#include <cstdint>

namespace multipole::codecs {

// `count` pixels of a raster, whose colours libtiff has multiplied by alpha: over white adds what is missing.
inline void premultiplied_over_white(const uint32_t* raster, uint8_t* rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t pixel = raster[i], white = 255 - TIFFGetA(pixel);
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetR(pixel) + white));
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetG(pixel) + white));
    *rgb++ = static_cast<uint8_t>(std::min(255u, TIFFGetB(pixel) + white));
  }
}

}  // namespace multipole::codecs

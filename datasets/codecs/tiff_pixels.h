// From libtiff's RGBA rasters to RGB.
#pragma once

#include <tiffio.h>

#include <algorithm>
#include <cstdint>

#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

// What a raster's fourth byte is.
enum class RasterAlpha {
  kNone,           // not to be looked at
  kPremultiplied,  // alpha, by which the colours are multiplied already
  kStraight,       // alpha, by which they are not
};

// `count` pixels of a raster over white.
inline void raster_over_white(const uint32_t* raster, uint8_t* rgb, int64_t count, RasterAlpha kind) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t pixel = raster[i], alpha = kind == RasterAlpha::kNone ? 255 : TIFFGetA(pixel);
    for (const uint32_t value : {TIFFGetR(pixel), TIFFGetG(pixel), TIFFGetB(pixel)}) {
      *rgb++ = kind == RasterAlpha::kStraight ? over_white(value, alpha)
                                              : static_cast<uint8_t>(std::min(255u, value + 255 - alpha));
    }
  }
}

}  // namespace multipole::codecs

// Pixel work that several formats need.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "datasets/codecs/codec.h"

namespace multipole::codecs {

// Throws CodecError unless the header's size is positive and at most `max_pixels`. Call it before allocating.
void check_dimensions(int64_t width, int64_t height, int64_t max_pixels);

// An uninitialised (H, W, 3) picture.
torch::Tensor allocate_rgb(int64_t height, int64_t width);

// round((alpha * value + (255 - alpha) * 255) / 255): straight alpha over white.
inline uint8_t over_white(uint32_t value, uint32_t alpha) {
  return static_cast<uint8_t>((alpha * value + (255 - alpha) * 255 + 127) / 255);
}

// RGBA rows with straight alpha -> RGB over white; count in pixels.
void rgba_over_white(const uint8_t* rgba, uint8_t* rgb, int64_t count);

// The upright picture for an EXIF orientation (1 to 8); contiguous.
torch::Tensor apply_orientation(const torch::Tensor& pixels, int orientation);

}  // namespace multipole::codecs

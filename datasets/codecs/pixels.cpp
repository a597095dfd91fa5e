#include "datasets/codecs/pixels.h"

#include <string>

namespace multipole::codecs {

void check_dimensions(int64_t width, int64_t height, int64_t max_pixels) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width < 1 || height < 1) throw CodecError("the header says " + size + " pixels");
  if (width > max_pixels / height) {
    throw CodecError("the header says " + size + " pixels, above the limit of " + std::to_string(max_pixels) +
                     "; --max-pixels " + std::to_string(width * height) + " reads it");
  }
}

torch::Tensor allocate_rgb(int64_t height, int64_t width) { return torch::empty({height, width, 3}, torch::kUInt8); }

void rgba_over_white(const uint8_t* rgba, uint8_t* rgb, int64_t count) {
  for (int64_t i = 0; i < count; ++i, rgba += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = over_white(rgba[c], rgba[3]);
  }
}

torch::Tensor apply_orientation(const torch::Tensor& pixels, int orientation) {
  // what each value says about where the stored rows and columns belong: EXIF 2.32, tag 0x0112
  switch (orientation) {
    case 2:
      return pixels.flip({1});
    case 3:
      return pixels.flip({0, 1});
    case 4:
      return pixels.flip({0});
    case 5:
      return pixels.transpose(0, 1).contiguous();
    case 6:
      return pixels.transpose(0, 1).flip({1});
    case 7:
      return pixels.transpose(0, 1).flip({0, 1});
    case 8:
      return pixels.transpose(0, 1).flip({0});
    default:
      return pixels;
  }
}

}  // namespace multipole::codecs

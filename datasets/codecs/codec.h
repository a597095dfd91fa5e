// What the decoders of single formats share. Each takes a whole file in memory and gives RGB bytes or throws
// CodecError.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"

namespace multipole::codecs {

// The reason without the file's name, which decode_image adds.
class CodecError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Decoded {
  torch::Tensor pixels;  // (H, W, 3) uint8 RGB as stored, before the orientation is applied
  int orientation = 1;   // EXIF's 1 to 8
  std::vector<std::string> notes;
};

Decoded decode_jpeg(ByteView bytes, const DecodeOptions& options);
Decoded decode_png(ByteView bytes, const DecodeOptions& options);
Decoded decode_webp(ByteView bytes, const DecodeOptions& options);
Decoded decode_bmp(ByteView bytes, const DecodeOptions& options);
Decoded decode_gif(ByteView bytes, const DecodeOptions& options);
Decoded decode_tiff(ByteView bytes, const DecodeOptions& options);

}  // namespace multipole::codecs

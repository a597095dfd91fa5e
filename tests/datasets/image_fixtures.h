// Writes pictures of every kind that the decoders must read, and picture bytes that they must refuse.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/datasets/byte_tensors.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

Bytes to_bytes(std::string_view text);
void append_number(Bytes& out, uint64_t value, int num_bytes, bool big_endian);

// How many samples of brightness a JPEG has for one of colour.
struct ColorSampling {
  int horizontal = 2, vertical = 2;
};

// `pixels` is (H, W, channels) uint8; 1, 3 or 4 channels (4: CMYK as stored). `sampling` is for three.
Bytes encode_jpeg(const torch::Tensor& pixels, int quality = 95, bool progressive = false,
                  const ColorSampling& sampling = {});
Bytes encode_webp(const torch::Tensor& rgb_or_rgba);
Bytes encode_lossy_webp(const torch::Tensor& rgb, float quality = 90);

// An EXIF block (from "Exif\0\0") that says `orientation`.
Bytes exif_block(int orientation, bool big_endian = false);
// The JPEG with an APP1 segment of this payload after its SOI.
Bytes with_app1(const Bytes& jpeg, const Bytes& payload);

// A PNG from parts: raw rows are (row_bytes) each, without the filter byte.
struct RawPng {
  uint32_t width = 1, height = 1;
  int bit_depth = 8, color_type = 2;
  bool interlaced = false;  // rows as the seven passes have them
  Bytes palette = {}, transparency = {}, exif = {};
  bool exif_last = false;  // behind the pixels
  Bytes rows = {};
};
Bytes encode_raw_png(const RawPng& png);

// A TIFF in strips or square tiles. `data` holds height * width * samples values of bits / 8 bytes, machine order,
// whatever way the file has its samples.
struct RawTiff {
  uint32_t width = 1, height = 1;
  int samples = 3, bits = 8, sample_format = 1, photometric = 2, compression = 1, orientation = 1;
  int num_pages = 1;
  std::vector<uint16_t> extra_samples = {};  // what the samples beyond the colours are; of four samples one is alpha
  bool separate = false;                     // a plane for each sample
  uint32_t tile = 0;                         // pixels a side, a multiple of 32; 0: strips of 8 rows
  Bytes data = {};
};
Bytes encode_raw_tiff(const RawTiff& tiff);

// Uncompressed 24-bit BMP.
Bytes encode_bmp(const torch::Tensor& rgb);
// One frame of palette indices (H, W); every pixel is one LZW code of 9 bits.
Bytes encode_gif(const torch::Tensor& indices, const Bytes& palette, int transparent = -1, bool interlaced = false);

}  // namespace multipole::test

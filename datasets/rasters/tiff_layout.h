// How a page of a TIFF stores its samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "datasets/codecs/tiff_reader.h"
#include "datasets/rasters/sample_type.h"

namespace multipole {

struct TiffLayout {
  int64_t height = 0, width = 0;
  int64_t samples = 1;  // bands, alpha included
  SampleType type = SampleType::kUInt8;
  bool one_bit = false;   // stored as bits, given as uint8 of 0 and 1
  bool separate = false;  // a plane for each band
  bool tiled = false;
  int64_t tile_height = 0, tile_width = 0;  // of tiles alone
  int64_t strip_rows = 0;                   // of strips alone

  // Samples of a chunk, side by side in a row of the file.
  int64_t interleaved() const { return separate ? 1 : samples; }
  int64_t row_bytes(int64_t pixels) const;
  // Whether any part can be read without reading much more.
  bool is_in_small_pieces() const;
};

// Of the open page; asks libtiff for RGB where JPEG stored luma and chroma. Throws CodecError for samples that are no
// plain numbers: complex ones, half precision, other bit depths, subsampled colours.
TiffLayout layout_of(const codecs::TiffReader& reader);

// The place of the band that the page calls alpha, from 0.
std::optional<int64_t> alpha_place(const codecs::TiffReader& reader, int64_t samples);

// GDAL's tag 42113, a number in words. `unknown` gets what is none.
std::optional<double> nodata_number(const codecs::TiffReader& reader, std::string& unknown);

}  // namespace multipole

// The first page of a TIFF through libtiff: 1 to 16 bits through its RGBA reader, 32-bit float by hand.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"
#include "datasets/codecs/tiff_bands.h"
#include "datasets/codecs/tiff_pages.h"
#include "datasets/codecs/tiff_pixels.h"
#include "datasets/codecs/tiff_reader.h"

namespace multipole::codecs {

namespace {

void decode_integers(TiffReader& reader, const TiffBands& bands, int64_t width, int64_t height, torch::Tensor& pixels) {
  reader.prepare_rgba_tiles();
  TIFFRGBAImage image;
  char reason[1024] = {};
  if (TIFFRGBAImageBegin(&image, reader.get(), 1, reason) != 1) throw CodecError(reason);
  const std::unique_ptr<TIFFRGBAImage, void (*)(TIFFRGBAImage*)> closer(&image, TIFFRGBAImageEnd);
  image.req_orientation = image.orientation;  // rows as stored: the orientation is applied by our own code
  std::vector<uint32_t> raster(static_cast<size_t>(width) * height);
  const int ok = TIFFRGBAImageGet(&image, raster.data(), static_cast<uint32_t>(width), static_cast<uint32_t>(height));
  reader.check(ok == 1, "truncated or corrupt TIFF data");
  raster_over_white(raster.data(), pixels.data_ptr<uint8_t>(), width * height, bands.alpha);
}

void decode_floats(const TiffReader& reader, const TiffBands& bands, int64_t width, int64_t height,
                   torch::Tensor& pixels) {
  const int samples = bands.count;
  const int photometric = reader.field<uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  const bool plain =
      (photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_RGB) && bands.alpha == RasterAlpha::kNone;
  const bool contiguous = reader.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_CONTIG;
  if (TIFFIsTiled(reader.get()) || !plain || (samples > 1 && !contiguous) || samples < bands.colors) {
    throw CodecError("a float TIFF that is not gray or RGB without alpha in strips");
  }
  const size_t row_bytes = static_cast<size_t>(width) * samples * sizeof(float);
  if (TIFFScanlineSize(reader.get()) != static_cast<tmsize_t>(row_bytes)) throw CodecError("corrupt TIFF row size");
  std::vector<float> row(static_cast<size_t>(width) * samples);
  auto* rgb = pixels.data_ptr<uint8_t>();
  for (int64_t y = 0; y < height; ++y) {
    const int ok = TIFFReadScanline(reader.get(), row.data(), static_cast<uint32_t>(y), 0);
    reader.check(ok == 1, "truncated or corrupt TIFF data");
    for (int64_t x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const float value = row[x * samples + (bands.colors == 3 ? c : 0)];
        if (!(value >= 0.0F && value <= 1.0F)) {  // false for NaN
          throw CodecError("a float sample of " + std::to_string(value) + " at (" + std::to_string(x) + ", " +
                           std::to_string(y) + "), outside of 0 to 1");
        }
        *rgb++ = static_cast<uint8_t>(std::lround(value * 255.0F));
      }
    }
  }
}

}  // namespace

Decoded decode_tiff(ByteView bytes, const DecodeOptions& options) {
  const MemorySource source(bytes);
  TiffReader reader(source);
  const TiffPages pages = find_pages(reader, source);
  reader.go_to(pages.picture);
  const int64_t width = reader.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  const int64_t height = reader.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  check_dimensions(width, height, options.max_pixels);
  const int bits = reader.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const int format = reader.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);

  TiffBands bands = settle_bands(reader);
  Decoded out;
  out.notes = std::move(bands.notes);
  out.pixels = allocate_rgb(height, width);
  if (format == SAMPLEFORMAT_IEEEFP && bits == 32) {
    decode_floats(reader, bands, width, height, out.pixels);
  } else if (format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID) {
    decode_integers(reader, bands, width, height, out.pixels);
  } else {
    throw CodecError("a TIFF of signed, complex or half-precision samples");
  }
  const int orientation = reader.field<uint16_t>(TIFFTAG_ORIENTATION, 1);
  out.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  if (pages.has_more) out.notes.emplace_back("first page of several");
  return out;
}

}  // namespace multipole::codecs

#include "datasets/rasters/tiff_layout.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"
#include "datasets/rasters/tiff_tags.h"

namespace multipole {
namespace {

using codecs::CodecError;
using codecs::TiffReader;

constexpr uint32_t kNodataTag = 42113;

SampleType sample_type_of(int bits, int format) {
  if (bits == 1 && format == SAMPLEFORMAT_UINT) return SampleType::kUInt8;
  if (format == SAMPLEFORMAT_UINT) {
    if (bits == 8) return SampleType::kUInt8;
    if (bits == 16) return SampleType::kUInt16;
    if (bits == 32) return SampleType::kUInt32;
  }
  if (format == SAMPLEFORMAT_INT) {
    if (bits == 8) return SampleType::kInt8;
    if (bits == 16) return SampleType::kInt16;
    if (bits == 32) return SampleType::kInt32;
  }
  if (format == SAMPLEFORMAT_IEEEFP) {
    if (bits == 32) return SampleType::kFloat32;
    if (bits == 64) return SampleType::kFloat64;
  }
  const bool is_complex = format == SAMPLEFORMAT_COMPLEXINT || format == SAMPLEFORMAT_COMPLEXIEEEFP;
  const std::string kind = is_complex                      ? "complex numbers"
                           : format == SAMPLEFORMAT_IEEEFP ? "floating-point numbers"
                           : format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_INT
                               ? "whole numbers"
                               : "samples of the unknown format " + std::to_string(format);
  throw CodecError("a TIFF of " + kind + " of " + std::to_string(bits) +
                   " bits; write 8, 16 or 32 bits, or floating point of 32 or 64");
}

}  // namespace

int64_t TiffLayout::row_bytes(int64_t pixels) const {
  const int64_t count = pixels * interleaved();
  return one_bit ? (count + 7) / 8 : count * bytes_of(type);
}

bool TiffLayout::is_in_small_pieces() const {
  constexpr int64_t kMostBytes = int64_t{64} << 20;
  return (tiled ? tile_height * row_bytes(tile_width) : strip_rows * row_bytes(width)) <= kMostBytes;
}

TiffLayout layout_of(const TiffReader& reader) {
  TiffLayout layout;
  layout.width = reader.field<uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
  layout.height = reader.field<uint32_t>(TIFFTAG_IMAGELENGTH, 0);
  layout.samples = reader.field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
  const int bits = reader.field<uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
  const int stored = reader.field<uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  layout.type = sample_type_of(bits, stored == SAMPLEFORMAT_VOID ? SAMPLEFORMAT_UINT : stored);
  layout.one_bit = bits == 1;
  layout.separate =
      layout.samples > 1 && reader.field<uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
  if (layout.samples < 1) throw CodecError("a TIFF without bands");
  const int orientation = reader.field<uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  if (orientation != ORIENTATION_TOPLEFT) {
    throw CodecError("a raster that is stored turned (orientation " + std::to_string(orientation) + ")");
  }
  if (reader.field<uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) == PHOTOMETRIC_YCBCR) {
    if (reader.field<uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE) != COMPRESSION_JPEG) {
      throw CodecError("a raster of luma and chroma that is no JPEG");
    }
    TIFFSetField(reader.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  layout.tiled = TIFFIsTiled(reader.get()) != 0;
  if (layout.tiled) {
    layout.tile_width = reader.field<uint32_t>(TIFFTAG_TILEWIDTH, 0);
    layout.tile_height = reader.field<uint32_t>(TIFFTAG_TILELENGTH, 0);
    if (layout.tile_width < 1 || layout.tile_height < 1) throw CodecError("TIFF tiles without a size");
  } else {
    layout.strip_rows = std::clamp<int64_t>(reader.field<uint32_t>(TIFFTAG_ROWSPERSTRIP, UINT32_MAX), 1, layout.height);
  }
  return layout;
}

std::optional<int64_t> alpha_place(const TiffReader& reader, int64_t samples) {
  uint16_t count = 0;
  const uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(reader.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || kinds == nullptr) return {};
  const uint16_t* const end = kinds + count;
  const auto* const found = std::find_if(
      kinds, end, [](uint16_t kind) { return kind == EXTRASAMPLE_ASSOCALPHA || kind == EXTRASAMPLE_UNASSALPHA; });
  const int64_t place = samples - count + (found - kinds);
  if (found == end || place < 1) return std::nullopt;
  return place;
}

std::optional<double> nodata_number(const TiffReader& reader, std::string& unknown) {
  const std::string text = tiff_text(reader.get(), kNodataTag);
  constexpr const char* kBlanks = " \t\r\n+";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return std::nullopt;
  const size_t last = text.find_last_not_of(kBlanks);
  const std::string_view word = std::string_view(text).substr(first, last - first + 1);
  double number = 0;
  const auto [rest, code] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (code == std::errc() && rest == word.data() + word.size()) return number;
  unknown = text;
  return std::nullopt;
}

}  // namespace multipole

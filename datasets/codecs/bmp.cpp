// Windows bitmaps: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, uncompressed or with bit masks. The fourth byte
// of 32-bit pixels is padding unless a mask says alpha. Run-length coding is refused.
#include <array>
#include <bit>

#include "datasets/codecs/bytes.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

constexpr uint64_t kFileHeader = 14;
constexpr uint32_t kUncompressed = 0, kBitFields = 3, kAlphaBitFields = 6;

struct BmpHeader {
  int64_t width = 0, height = 0;
  bool top_down = false;
  int bits = 0;
  uint32_t compression = kUncompressed;
  uint64_t pixel_offset = 0, palette_offset = 0;
  int palette_entry = 4;  // bytes of a palette colour
  int64_t num_colors = 0;
  std::array<uint32_t, 4> masks = {};  // R, G, B, alpha
};

void read_masks(const ByteReader& reader, uint32_t header_size, BmpHeader& header) {
  if (header.compression == kUncompressed) {
    header.masks = header.bits == 16 ? std::array<uint32_t, 4>{0x7c00, 0x03e0, 0x001f, 0}
                                     : std::array<uint32_t, 4>{0xff0000, 0x00ff00, 0x0000ff, 0};
    return;
  }
  const bool with_alpha = header_size >= 56 || header.compression == kAlphaBitFields;
  for (int i = 0; i < (with_alpha ? 4 : 3); ++i) header.masks[i] = reader.u32(kFileHeader + 40 + 4 * i);
  for (const uint32_t mask : header.masks) {
    const uint32_t shifted = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if ((shifted & (shifted + 1)) != 0) throw CodecError("bit masks with holes");
  }
}

BmpHeader read_header(const ByteReader& reader) {
  BmpHeader header;
  header.pixel_offset = reader.u32(10);
  const uint32_t header_size = reader.u32(kFileHeader);
  if (header_size == 12) {
    header.width = reader.u16(18);
    header.height = reader.u16(20);
    header.bits = reader.u16(24);
    header.palette_entry = 3;
  } else if (header_size >= 40) {
    header.width = static_cast<int32_t>(reader.u32(18));
    header.height = static_cast<int32_t>(reader.u32(22));
    header.bits = reader.u16(28);
    header.compression = reader.u32(30);
    header.num_colors = reader.u32(46);
  } else {
    throw CodecError("a BMP header of " + std::to_string(header_size) + " bytes");
  }
  header.top_down = header.height < 0;
  if (header.top_down) header.height = -header.height;
  const bool fields = header.compression == kBitFields || header.compression == kAlphaBitFields;
  if (header.compression != kUncompressed && !(fields && (header.bits == 16 || header.bits == 32))) {
    throw CodecError("BMP compression " + std::to_string(header.compression) + " is not supported");
  }
  switch (header.bits) {
    case 1:
    case 4:
    case 8:
      if (header.num_colors == 0) header.num_colors = int64_t{1} << header.bits;
      if (header.num_colors > int64_t{1} << header.bits) throw CodecError("a palette larger than its pixels' range");
      header.palette_offset = kFileHeader + header_size;
      break;
    case 16:
    case 24:
    case 32:
      read_masks(reader, header_size, header);
      break;
    default:
      throw CodecError("a BMP of " + std::to_string(header.bits) + " bits a pixel");
  }
  return header;
}

// The bits of `mask` in `pixel`, scaled to 0..255.
uint32_t masked_value(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const uint64_t top = mask >> std::countr_zero(mask);
  return static_cast<uint32_t>((((pixel & mask) >> std::countr_zero(mask)) * uint64_t{255} + top / 2) / top);
}

void read_palette_row(const ByteReader& reader, const BmpHeader& header, ByteView row, uint8_t* rgb) {
  for (int64_t x = 0; x < header.width; ++x) {
    const int64_t bit = x * header.bits;
    const int shift = 8 - header.bits - static_cast<int>(bit % 8);
    const int64_t index = row[bit / 8] >> shift & ((1 << header.bits) - 1);
    if (index >= header.num_colors) throw CodecError("a pixel's palette index is beyond the palette");
    const ByteView color = reader.view(header.palette_offset + index * header.palette_entry, 3);
    for (int c = 0; c < 3; ++c) rgb[x * 3 + c] = color[2 - c];
  }
}

void read_color_row(const BmpHeader& header, ByteView row, uint8_t* rgb) {
  const int step = header.bits / 8;
  for (int64_t x = 0; x < header.width; ++x) {
    uint32_t pixel = 0;
    for (int i = 0; i < step; ++i) pixel |= static_cast<uint32_t>(row[x * step + i]) << (8 * i);
    const uint32_t alpha = header.masks[3] == 0 ? 255 : masked_value(pixel, header.masks[3]);
    for (int c = 0; c < 3; ++c) rgb[x * 3 + c] = over_white(masked_value(pixel, header.masks[c]), alpha);
  }
}

}  // namespace

Decoded decode_bmp(ByteView bytes, const DecodeOptions& options) {
  const ByteReader reader(bytes, ByteOrder::kLittle);
  const BmpHeader header = read_header(reader);
  check_dimensions(header.width, header.height, options.max_pixels);
  const uint64_t stride = (static_cast<uint64_t>(header.width) * header.bits + 31) / 32 * 4;
  reader.view(header.pixel_offset, stride * header.height);  // truncated files are refused before allocation

  Decoded out;
  out.pixels = allocate_rgb(header.height, header.width);
  for (int64_t y = 0; y < header.height; ++y) {
    const int64_t stored = header.top_down ? y : header.height - 1 - y;
    const ByteView row = reader.view(header.pixel_offset + stored * stride, stride);
    uint8_t* rgb = out.pixels.data_ptr<uint8_t>() + y * header.width * 3;
    if (header.bits <= 8) {
      read_palette_row(reader, header, row, rgb);
    } else {
      read_color_row(header, row, rgb);
    }
  }
  return out;
}

}  // namespace multipole::codecs

#include "tests/datasets/image_fixtures.h"

#include <webp/encode.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

namespace multipole::test {

Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

void append_number(Bytes& out, uint64_t value, int num_bytes, bool big_endian) {
  for (int i = 0; i < num_bytes; ++i) {
    out.push_back(static_cast<uint8_t>(value >> 8 * (big_endian ? num_bytes - 1 - i : i)));
  }
}

Bytes encode_webp(const torch::Tensor& rgb_or_rgba) {
  const torch::Tensor pixels = rgb_or_rgba.contiguous();
  const auto height = static_cast<int>(pixels.size(0)), width = static_cast<int>(pixels.size(1));
  const auto* const data = pixels.data_ptr<uint8_t>();
  uint8_t* out = nullptr;
  const size_t count = pixels.size(2) == 4 ? WebPEncodeLosslessRGBA(data, width, height, width * 4, &out)
                                           : WebPEncodeLosslessRGB(data, width, height, width * 3, &out);
  Bytes bytes(out, out + count);
  WebPFree(out);
  return bytes;
}

Bytes encode_lossy_webp(const torch::Tensor& rgb, float quality) {
  const torch::Tensor pixels = rgb.contiguous();
  const auto height = static_cast<int>(pixels.size(0)), width = static_cast<int>(pixels.size(1));
  uint8_t* out = nullptr;
  const size_t count = WebPEncodeRGB(pixels.data_ptr<uint8_t>(), width, height, width * 3, quality, &out);
  Bytes bytes(out, out + count);
  WebPFree(out);
  return bytes;
}

Bytes exif_block(int orientation, bool big_endian) {
  Bytes block = to_bytes(std::string_view("Exif\0\0", 6));
  const Bytes order = to_bytes(big_endian ? "MM" : "II");
  block.insert(block.end(), order.begin(), order.end());
  append_number(block, 42, 2, big_endian);
  append_number(block, 8, 4, big_endian);
  append_number(block, 1, 2, big_endian);
  append_number(block, 0x0112, 2, big_endian);
  append_number(block, 3, 2, big_endian);
  append_number(block, 1, 4, big_endian);
  append_number(block, static_cast<uint64_t>(orientation), 2, big_endian);
  append_number(block, 0, 2, big_endian);
  append_number(block, 0, 4, big_endian);
  return block;
}

Bytes with_app1(const Bytes& jpeg, const Bytes& payload) {
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  append_number(out, 0xffe1, 2, true);
  append_number(out, payload.size() + 2, 2, true);
  out.insert(out.end(), payload.begin(), payload.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

namespace {

void append_chunk(Bytes& out, std::string_view type, const Bytes& data) {
  append_number(out, data.size(), 4, true);
  Bytes body = to_bytes(type);
  body.insert(body.end(), data.begin(), data.end());
  out.insert(out.end(), body.begin(), body.end());
  append_number(out, crc32(0, body.data(), static_cast<uInt>(body.size())), 4, true);
}

}  // namespace

Bytes encode_raw_png(const RawPng& png) {
  Bytes out = to_bytes("\x89PNG\r\n\x1a\n");
  Bytes header;
  append_number(header, png.width, 4, true);
  append_number(header, png.height, 4, true);
  header.insert(header.end(),
                {static_cast<uint8_t>(png.bit_depth), static_cast<uint8_t>(png.color_type), 0, 0, png.interlaced});
  append_chunk(out, "IHDR", header);
  if (!png.exif.empty() && !png.exif_last) append_chunk(out, "eXIf", png.exif);
  if (!png.palette.empty()) append_chunk(out, "PLTE", png.palette);
  if (!png.transparency.empty()) append_chunk(out, "tRNS", png.transparency);
  Bytes filtered;
  const size_t row_bytes = png.rows.size() / png.height;
  for (uint32_t y = 0; !png.rows.empty() && y < png.height; ++y) {
    filtered.push_back(0);
    filtered.insert(filtered.end(), png.rows.begin() + static_cast<ptrdiff_t>(y * row_bytes),
                    png.rows.begin() + static_cast<ptrdiff_t>((y + 1) * row_bytes));
  }
  uLongf count = compressBound(static_cast<uLong>(filtered.size()));
  Bytes packed(count);
  compress(packed.data(), &count, filtered.data(), static_cast<uLong>(filtered.size()));
  packed.resize(count);
  append_chunk(out, "IDAT", packed);
  if (!png.exif.empty() && png.exif_last) append_chunk(out, "eXIf", png.exif);
  append_chunk(out, "IEND", {});
  return out;
}

Bytes encode_bmp(const torch::Tensor& rgb) {
  const int64_t height = rgb.size(0), width = rgb.size(1), stride = (width * 3 + 3) / 4 * 4;
  Bytes out = to_bytes("BM");
  for (const int64_t value : {54 + stride * height, int64_t{0}, int64_t{54}, int64_t{40}, width, height}) {
    append_number(out, static_cast<uint64_t>(value), 4, false);
  }
  append_number(out, 1, 2, false);
  append_number(out, 24, 2, false);
  for (int i = 0; i < 6; ++i) append_number(out, 0, 4, false);
  for (int64_t y = height - 1; y >= 0; --y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int c = 2; c >= 0; --c) out.push_back(rgb[y][x][c].item<uint8_t>());
    }
    out.resize(out.size() + static_cast<size_t>(stride - width * 3), 0);
  }
  return out;
}

Bytes encode_gif(const torch::Tensor& indices, const Bytes& palette, int transparent, bool interlaced) {
  const int64_t height = indices.size(0), width = indices.size(1);
  Bytes out = to_bytes("GIF89a");
  append_number(out, static_cast<uint64_t>(width), 2, false);
  append_number(out, static_cast<uint64_t>(height), 2, false);
  out.insert(out.end(), {0xf7, 0, 0});  // a global palette of 256 colours
  Bytes full = palette;
  full.resize(768, 0);
  out.insert(out.end(), full.begin(), full.end());
  if (transparent >= 0) {
    out.insert(out.end(), {0x21, 0xf9, 4, 1, 0, 0, static_cast<uint8_t>(transparent), 0});
  }
  out.insert(out.end(), {0x2c, 0, 0, 0, 0});
  append_number(out, static_cast<uint64_t>(width), 2, false);
  append_number(out, static_cast<uint64_t>(height), 2, false);
  out.push_back(interlaced ? 0x40 : 0);
  out.push_back(8);
  // a clear code often enough that codes never grow beyond 9 bits
  std::vector<int> codes;
  std::vector<int64_t> rows;
  for (int64_t y = 0; y < height; y += interlaced ? 8 : 1) rows.push_back(y);
  for (const auto& [start, step] : {std::pair<int64_t, int64_t>{4, 8}, {2, 4}, {1, 2}}) {
    for (int64_t y = start; interlaced && y < height; y += step) rows.push_back(y);
  }
  for (const int64_t y : rows) {
    for (int64_t x = 0; x < width; ++x) {
      if (codes.size() % 200 == 0) codes.push_back(256);
      codes.push_back(indices[y][x].item<uint8_t>());
    }
  }
  codes.push_back(257);
  Bytes data;
  uint32_t buffer = 0;
  int bits = 0;
  for (const int code : codes) {
    buffer |= static_cast<uint32_t>(code) << bits;
    for (bits += 9; bits >= 8; bits -= 8, buffer >>= 8) data.push_back(static_cast<uint8_t>(buffer));
  }
  if (bits > 0) data.push_back(static_cast<uint8_t>(buffer));
  for (size_t i = 0; i < data.size(); i += 255) {
    const size_t count = std::min<size_t>(255, data.size() - i);
    out.push_back(static_cast<uint8_t>(count));
    out.insert(out.end(), data.begin() + static_cast<ptrdiff_t>(i), data.begin() + static_cast<ptrdiff_t>(i + count));
  }
  out.insert(out.end(), {0, 0x3b});
  return out;
}

}  // namespace multipole::test

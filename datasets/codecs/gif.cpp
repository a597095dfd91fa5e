// The first frame of a GIF (89a specification, CompuServe 1990), placed on its canvas; whatever the frame leaves
// uncovered or transparent is white, by the rule for alpha.
#include <array>
#include <vector>

#include "datasets/codecs/bytes.h"
#include "datasets/codecs/codec.h"
#include "datasets/codecs/pixels.h"

namespace multipole::codecs {

namespace {

constexpr int kMaxCode = 4096;

// The data of an image or an extension: blocks of a length byte and so many bytes, ended by length 0.
std::vector<uint8_t> read_blocks(const ByteReader& reader, uint64_t& offset) {
  std::vector<uint8_t> data;
  while (const uint8_t length = reader.u8(offset++)) {
    const ByteView block = reader.view(offset, length);
    data.insert(data.end(), block.begin(), block.end());
    offset += length;
  }
  return data;
}

// LZW with codes that grow from min_bits + 1 to 12 bits. Gives exactly `count` palette indices or throws.
std::vector<uint8_t> unpack_lzw(const std::vector<uint8_t>& data, int min_bits, int64_t count) {
  if (min_bits < 1 || min_bits > 8) throw CodecError("a corrupt GIF code size");
  const int clear = 1 << min_bits, end = clear + 1;
  std::array<int16_t, kMaxCode> prefix{};
  std::array<uint8_t, kMaxCode> suffix{}, first{};
  for (int i = 0; i < clear; ++i) suffix[i] = first[i] = static_cast<uint8_t>(i);
  int next = end + 1, bits = min_bits + 1, previous = -1;
  uint64_t buffer = 0;
  int buffered = 0;
  size_t position = 0;
  std::vector<uint8_t> out, reversed;
  out.reserve(std::min<int64_t>(count, 1 << 20));
  while (static_cast<int64_t>(out.size()) < count) {
    for (; buffered < bits; buffered += 8) {
      if (position == data.size()) throw CodecError("truncated GIF data");
      buffer |= static_cast<uint64_t>(data[position++]) << buffered;
    }
    const int code = static_cast<int>(buffer & ((1u << bits) - 1));
    buffer >>= bits;
    buffered -= bits;
    if (code == clear) {
      next = end + 1;
      bits = min_bits + 1;
      previous = -1;
      continue;
    }
    if (code == end) throw CodecError("GIF data ends before its picture");
    if (code > next || (code == next && previous < 0) || (code >= next && next >= kMaxCode)) {
      throw CodecError("corrupt GIF data");
    }
    if (previous >= 0 && next < kMaxCode) {
      prefix[next] = static_cast<int16_t>(previous);
      first[next] = first[previous];
      suffix[next] = code == next ? first[previous] : first[code];
      if (++next == 1 << bits && bits < 12) ++bits;
    }
    reversed.clear();
    for (int walk = code; walk >= end + 1; walk = prefix[walk]) reversed.push_back(suffix[walk]);
    out.push_back(first[code]);
    out.insert(out.end(), reversed.rbegin(), reversed.rend());
    previous = code;
  }
  out.resize(count);
  return out;
}

struct Frame {
  int64_t left = 0, top = 0, width = 0, height = 0;
  bool interlaced = false;
  uint64_t palette = 0;  // offset of the colours
  int num_colors = 0;
  int transparent = -1;
};

// The row of the frame that the i-th row of an interlaced picture belongs to.
int64_t interlaced_row(int64_t i, int64_t height) {
  for (const auto& [start, step] : {std::pair<int64_t, int64_t>{0, 8}, {4, 8}, {2, 4}, {1, 2}}) {
    const int64_t rows = height > start ? (height - start + step - 1) / step : 0;
    if (i < rows) return start + i * step;
    i -= rows;
  }
  throw CodecError("corrupt GIF interlacing");
}

void paint(const ByteReader& reader, const Frame& frame, const std::vector<uint8_t>& indices, torch::Tensor& canvas) {
  auto* const rgb = canvas.data_ptr<uint8_t>();
  for (int64_t i = 0; i < frame.height; ++i) {
    const int64_t y = frame.interlaced ? interlaced_row(i, frame.height) : i;
    for (int64_t x = 0; x < frame.width; ++x) {
      const int index = indices[i * frame.width + x];
      if (index == frame.transparent) continue;
      if (index >= frame.num_colors) throw CodecError("a pixel's palette index is beyond the palette");
      const ByteView color = reader.view(frame.palette + 3 * index, 3);
      for (int c = 0; c < 3; ++c) rgb[((frame.top + y) * canvas.size(1) + frame.left + x) * 3 + c] = color[c];
    }
  }
}

// Reads up to the first image's data: `offset` stands behind the image descriptor and its palette.
Frame find_first_frame(const ByteReader& reader, uint64_t& offset) {
  Frame frame;
  const uint8_t screen_flags = reader.u8(10);
  offset = 13;
  if (screen_flags & 0x80) {
    frame.palette = offset;
    frame.num_colors = 2 << (screen_flags & 7);
    offset += 3 * frame.num_colors;
  }
  while (true) {
    const uint8_t introducer = reader.u8(offset++);
    if (introducer == 0x2c) break;
    if (introducer != 0x21) throw CodecError("a GIF without a picture");
    const uint8_t label = reader.u8(offset++);
    const auto data = read_blocks(reader, offset);
    if (label == 0xf9 && data.size() >= 4) frame.transparent = data[0] & 1 ? data[3] : -1;
  }
  frame.left = reader.u16(offset);
  frame.top = reader.u16(offset + 2);
  frame.width = reader.u16(offset + 4);
  frame.height = reader.u16(offset + 6);
  const uint8_t flags = reader.u8(offset + 8);
  offset += 9;
  frame.interlaced = (flags & 0x40) != 0;
  if (flags & 0x80) {
    frame.palette = offset;
    frame.num_colors = 2 << (flags & 7);
    offset += 3 * frame.num_colors;
  }
  return frame;
}

}  // namespace

Decoded decode_gif(ByteView bytes, const DecodeOptions& options) {
  const ByteReader reader(bytes, ByteOrder::kLittle);
  const int64_t width = reader.u16(6), height = reader.u16(8);
  check_dimensions(width, height, options);
  uint64_t offset = 0;
  const Frame frame = find_first_frame(reader, offset);
  if (frame.left + frame.width > width || frame.top + frame.height > height) {
    throw CodecError("a GIF frame outside of its canvas");
  }
  const int min_bits = reader.u8(offset++);
  const auto indices = unpack_lzw(read_blocks(reader, offset), min_bits, frame.width * frame.height);

  Decoded out;
  out.pixels = torch::full({height, width, 3}, 255, torch::kUInt8);
  paint(reader, frame, indices, out.pixels);
  if (reader.u8(offset) != 0x3b) out.notes.emplace_back("first frame of an animation");
  return out;
}

}  // namespace multipole::codecs

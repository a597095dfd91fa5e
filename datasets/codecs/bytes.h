// Bounds-checked reading of numbers from bytes.
#pragma once

#include <cstdint>

#include "datasets/codecs/codec.h"

namespace multipole::codecs {

enum class ByteOrder { kLittle, kBig };

// Every read throws CodecError past the end.
class ByteReader {
 public:
  ByteReader(ByteView bytes, ByteOrder order) : bytes_(bytes), order_(order) {}

  // The bytes [offset, offset + count).
  ByteView view(uint64_t offset, uint64_t count) const {
    if (offset > bytes_.size() || count > bytes_.size() - offset) throw CodecError("truncated");
    return bytes_.subspan(offset, count);
  }
  uint8_t u8(uint64_t offset) const { return view(offset, 1)[0]; }
  uint16_t u16(uint64_t offset) const { return static_cast<uint16_t>(number(offset, 2)); }
  uint32_t u32(uint64_t offset) const { return number(offset, 4); }
  uint64_t size() const { return bytes_.size(); }

 private:
  uint32_t number(uint64_t offset, int count) const {
    const ByteView part = view(offset, count);
    uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | part[order_ == ByteOrder::kBig ? i : count - 1 - i];
    return value;
  }

  ByteView bytes_;
  ByteOrder order_;
};

}  // namespace multipole::codecs

// The few parts of the protocol buffer encoding (https://protobuf.dev/programming-guides/encoding) that event files
// take. A message is the concatenation of its fields.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace multipole::protobuf {

inline std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

// `width` bytes of `value`, little-endian.
inline std::string fixed(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

inline std::string tag(uint64_t field, uint64_t wire_type) { return varint(field << 3 | wire_type); }

inline std::string integer_field(uint64_t field, int64_t value) {
  return tag(field, 0) + varint(static_cast<uint64_t>(value));
}

inline std::string double_field(uint64_t field, double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return tag(field, 1) + fixed(bits, 8);
}

inline std::string float_field(uint64_t field, float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return tag(field, 5) + fixed(bits, 4);
}

// A string, bytes or a message.
inline std::string bytes_field(uint64_t field, std::string_view value) {
  return tag(field, 2) + varint(value.size()) + std::string(value);
}

}  // namespace multipole::protobuf

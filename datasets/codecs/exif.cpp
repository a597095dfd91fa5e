#include "datasets/codecs/exif.h"

#include <cstring>

#include "datasets/codecs/bytes.h"

namespace multipole::codecs {

namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kTypeShort = 3;

int find_orientation(ByteView block) {
  if (block.size() < 8) throw CodecError("truncated");
  const bool little = block[0] == 'I' && block[1] == 'I';
  if (!little && !(block[0] == 'M' && block[1] == 'M')) throw CodecError("no byte order");
  const ByteReader reader(block, little ? ByteOrder::kLittle : ByteOrder::kBig);
  if (reader.u16(2) != 42) throw CodecError("no TIFF header");
  const uint64_t directory = reader.u32(4);
  const int num_entries = reader.u16(directory);
  for (int i = 0; i < num_entries; ++i) {
    const uint64_t entry = directory + 2 + 12 * static_cast<uint64_t>(i);
    if (reader.u16(entry) != kOrientationTag) continue;
    const int value = reader.u16(entry + 8);
    if (reader.u16(entry + 2) != kTypeShort || value < 1 || value > 8) throw CodecError("no orientation");
    return value;
  }
  return 1;
}

}  // namespace

std::optional<int> exif_orientation(ByteView block) {
  static constexpr char kPrefix[] = {'E', 'x', 'i', 'f', 0, 0};
  if (block.size() >= sizeof(kPrefix) && std::memcmp(block.data(), kPrefix, sizeof(kPrefix)) == 0) {
    block = block.subspan(sizeof(kPrefix));
  }
  try {
    return find_orientation(block);
  } catch (const CodecError&) {
    return std::nullopt;
  }
}

}  // namespace multipole::codecs

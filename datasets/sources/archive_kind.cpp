#include "datasets/sources/archive_kind.h"

#include <algorithm>
#include <string_view>

namespace multipole {

namespace {

using namespace std::string_view_literals;

constexpr size_t kTarMagicOffset = 257;

bool begins_with(ByteView bytes, std::string_view magic, size_t offset = 0) {
  return bytes.size() >= offset + magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<ptrdiff_t>(offset),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

}  // namespace

bool is_archive(ByteView bytes) {
  return begins_with(bytes, "PK\x03\x04"sv) || begins_with(bytes, "ustar"sv, kTarMagicOffset) ||
         !compression_of(bytes).empty();
}

std::string compression_of(ByteView bytes) {
  if (begins_with(bytes, "\x1f\x8b"sv)) return "gzip";
  if (begins_with(bytes, "BZh"sv)) return "bzip2";
  if (begins_with(bytes,
                  "\xfd"
                  "7zXZ\0"sv)) {
    return "xz";
  }
  return begins_with(bytes, "\x28\xb5\x2f\xfd"sv) ? "zstd" : "";
}

}  // namespace multipole

// Packed data: decoded pictures in one file, made to be mapped into memory and read as they lie.
//
//   magic            16 bytes "multipole pack 1"
//   pictures         RGB bytes, rows from the top, no padding; a mask, where there is one, follows its picture: one
//                    byte a pixel. Each picture begins at a multiple of 64 bytes.
//   index            the records (PackRecordLayout), then the strings: the note, the class names, the split names and
//                    the records' names, each as uint32 size and its bytes
//   trailer          64 bytes (PackTrailerLayout), the last of the file
//
// All numbers are little-endian. Checksums are XXH3-64: of the index, of the trailer up to its own, and of each
// record's picture and mask together. The trailer comes last so that a pack is written in one pass.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace multipole {

static_assert(std::endian::native == std::endian::little, "packed data is read as it lies: little-endian");

inline constexpr std::string_view kPackMagic = "multipole pack 1";
inline constexpr uint64_t kPackAlignment = 64;
inline constexpr uint32_t kPackNone = 0xffffffff;  // no label, no split

struct PackRecordLayout {
  uint64_t offset;    // of the picture in the file
  uint64_t checksum;  // of picture and mask
  uint32_t height, width;
  uint32_t label, split;  // places in the class and split names, or kPackNone
  uint32_t has_mask;      // 0 or 1
  uint32_t reserved;      // 0
};
static_assert(sizeof(PackRecordLayout) == 40);

struct PackTrailerLayout {
  uint64_t num_records, num_classes, num_splits;
  uint64_t index_offset, index_size, index_checksum;
  uint64_t checksum;  // of the 48 bytes above
  char magic[8];      // "packtail"
};
static_assert(sizeof(PackTrailerLayout) == 64);
inline constexpr size_t kPackTrailerChecked = offsetof(PackTrailerLayout, checksum);
inline constexpr std::string_view kPackTrailerMagic = "packtail";

}  // namespace multipole

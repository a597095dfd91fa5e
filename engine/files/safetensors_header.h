// The header of a safetensors file: what is checked before a byte of tensor data is trusted.
// Format: https://github.com/huggingface/safetensors (8 bytes of header length, little-endian; JSON; tensor data).
//
// The ten rules, each with its name in the message of the ModelFileError that breaking it throws:
//   1 HeaderTooSmall          the file holds the 8 bytes of the length
//   2 HeaderTooLarge, InvalidHeaderLength   2 <= n <= 100 MB, and n bytes follow
//   3 InvalidHeaderStart      the header begins with '{'
//   4 InvalidHeader           strict UTF-8 JSON, no key twice, bounded depth
//   5 TensorInvalidInfo, ValidationOverflow   dimensions are whole and not negative, their product fits 64 bits
//   6 UnknownDtype            one of kSafetensorsDtypes
//   7 InvalidOffset           begin <= end <= size of the data
//   8 TensorInvalidInfo       end - begin is what dtype and shape need
//   9 InvalidOffset, MetadataIncompleteBuffer   the ranges follow one another from 0 to the end of the data
//  10 InvalidMetadata         every metadata value is a string
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace multipole {

inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;

struct SafetensorsDtype {
  const char* name;
  int64_t bytes;
};

inline constexpr std::array<SafetensorsDtype, 10> kSafetensorsDtypes = {{{"F64", 8},
                                                                         {"F32", 4},
                                                                         {"F16", 2},
                                                                         {"BF16", 2},
                                                                         {"I64", 8},
                                                                         {"I32", 4},
                                                                         {"I16", 2},
                                                                         {"I8", 1},
                                                                         {"U8", 1},
                                                                         {"BOOL", 1}}};

struct TensorInfo {
  std::string dtype;           // one of kSafetensorsDtypes
  std::vector<int64_t> shape;  // empty for rank 0
  uint64_t begin = 0;          // bytes from the start of the data
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  uint64_t data_start = 0;  // bytes from the start of the file
};

// Rules 1 and 2: the header's length from the file's first bytes (8, or all of them where there are fewer).
uint64_t safetensors_header_length(std::string_view prefix, uint64_t file_size, const std::string& source);

// Rules 3 to 10 on the JSON text of a file that has `data_size` bytes behind it.
SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_size, const std::string& source);

// The first bytes of a file (length and JSON) for `header`, padded so that the data starts at a multiple of 8.
std::string format_safetensors_header(const SafetensorsHeader& header);

}  // namespace multipole

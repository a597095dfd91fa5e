// The header of a safetensors file: refused with ModelFileError, or every tensor lies within the data.
#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "engine/files/safetensors_header.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

std::string file_of(std::string header, const std::string& data) {
  std::string length(8, '\0');
  for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header + data;
}

uint64_t needed_bytes(const TensorInfo& info) {
  const auto dtype =
      std::find_if(kSafetensorsDtypes.begin(), kSafetensorsDtypes.end(), [&](auto& d) { return info.dtype == d.name; });
  if (dtype == kSafetensorsDtypes.end()) fail("every dtype is a known one");
  auto bytes = static_cast<uint64_t>(dtype->bytes);
  for (const int64_t dim : info.shape) {
    if (dim < 0) fail("no dimension is negative");
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes)) fail("no shape overflows");
  }
  return bytes;
}

void check(const SafetensorsHeader& header, uint64_t file_size) {
  const uint64_t data_size = file_size - header.data_start;
  if (header.data_start > file_size) fail("the data starts within the file");
  uint64_t covered = 0;
  for (const auto& [name, info] : header.tensors) {
    if (info.begin > info.end || info.end > data_size) fail("every tensor lies within the data");
    if (needed_bytes(info) != info.end - info.begin) fail("every range is what dtype and shape need");
    covered += info.end - info.begin;
  }
  if (covered != data_size) fail("the tensors cover the data");
}

}  // namespace

std::vector<std::string> seeds() {
  return {file_of("{}", ""),
          file_of(R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", std::string(24, '\1')),
          file_of(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                  R"("c":{"dtype":"BOOL","shape":[0,7],"data_offsets":[8,8]},)"
                  R"("d":{"dtype":"BF16","shape":[1,2,1],"data_offsets":[8,12]}}  )",
                  std::string(12, '\0'))};
}

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole;
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  try {
    const uint64_t length = safetensors_header_length(file.substr(0, 8), size, "fuzz");
    fuzz::check(parse_safetensors_header(file.substr(8, length), size - 8 - length, "fuzz"), size);
  } catch (const ModelFileError&) {
  }
  return 0;
}

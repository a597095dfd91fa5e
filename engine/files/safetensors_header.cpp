#include "engine/files/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace multipole {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

[[noreturn]] void fail(const std::string& source, const std::string& rule, const std::string& what) {
  throw ModelFileError(source + ": not a valid safetensors file: " + rule + ": " + what);
}

Json parse_header_json(std::string_view text, const std::string& source) {
  if (text.empty() || text[0] != '{') fail(source, "InvalidHeaderStart", "the header does not begin with '{'");
  try {
    return parse_json(text, "header");
  } catch (const ConfigError& error) {
    fail(source, "InvalidHeader", error.what());
  }
}

int64_t dtype_bytes(const std::string& dtype, const std::string& name, const std::string& source) {
  std::string known;
  for (const auto& candidate : kSafetensorsDtypes) {
    if (dtype == candidate.name) return candidate.bytes;
    known += (known.empty() ? "" : ", ") + std::string(candidate.name);
  }
  fail(source, "UnknownDtype", "tensor '" + name + "' has dtype '" + dtype + "'; known: " + known);
}

uint64_t whole_number(const Json& value, const std::string& name, const std::string& source) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()}) {
    fail(source, "TensorInvalidInfo", "tensor '" + name + "' holds " + value.dump() + " where a whole number belongs");
  }
  return value.get<uint64_t>();
}

// Bytes that the tensor's dtype and shape need; every product checked.
uint64_t needed_bytes(const TensorInfo& info, const std::string& name, const std::string& source) {
  uint64_t bytes = static_cast<uint64_t>(dtype_bytes(info.dtype, name, source));
  for (const int64_t dim : info.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(dim), &bytes)) {
      fail(source, "ValidationOverflow", "the shape of tensor '" + name + "' does not fit 64 bits");
    }
  }
  return bytes;
}

TensorInfo parse_tensor(const Json& entry, const std::string& name, uint64_t data_size, const std::string& source) {
  const bool complete = entry.is_object() && entry.contains("dtype") && entry["dtype"].is_string() &&
                        entry.contains("shape") && entry["shape"].is_array() && entry.contains("data_offsets") &&
                        entry["data_offsets"].is_array() && entry["data_offsets"].size() == 2;
  if (!complete) {
    fail(source, "TensorInvalidInfo", "tensor '" + name + "' needs dtype, shape and two data_offsets");
  }
  TensorInfo info;
  info.dtype = entry["dtype"].get<std::string>();
  for (const auto& dim : entry["shape"]) info.shape.push_back(static_cast<int64_t>(whole_number(dim, name, source)));
  info.begin = whole_number(entry["data_offsets"][0], name, source);
  info.end = whole_number(entry["data_offsets"][1], name, source);
  const uint64_t needed = needed_bytes(info, name, source);
  if (info.begin > info.end || info.end > data_size) {
    fail(source, "InvalidOffset",
         "tensor '" + name + "' claims bytes " + std::to_string(info.begin) + " to " + std::to_string(info.end) +
             " of " + std::to_string(data_size));
  }
  if (info.end - info.begin != needed) {
    fail(source, "TensorInvalidInfo",
         "tensor '" + name + "' claims " + std::to_string(info.end - info.begin) + " bytes where its shape needs " +
             std::to_string(needed));
  }
  return info;
}

void check_contiguous(const SafetensorsHeader& header, uint64_t data_size, const std::string& source) {
  std::vector<std::pair<std::pair<uint64_t, uint64_t>, std::string>> ranges;
  for (const auto& [name, info] : header.tensors) ranges.push_back({{info.begin, info.end}, name});
  std::sort(ranges.begin(), ranges.end());
  uint64_t position = 0;
  for (const auto& [range, name] : ranges) {
    if (range.first != position) {
      fail(source, "InvalidOffset",
           "tensor '" + name + "' begins at byte " + std::to_string(range.first) + " where " +
               std::to_string(position) + " is due: a hole or an overlap");
    }
    position = range.second;
  }
  if (position != data_size) {
    fail(source, "MetadataIncompleteBuffer",
         "the tensors cover " + std::to_string(position) + " of " + std::to_string(data_size) + " bytes");
  }
}

}  // namespace

uint64_t safetensors_header_length(std::string_view prefix, uint64_t file_size, const std::string& source) {
  if (file_size < kLengthBytes || prefix.size() < kLengthBytes) {
    fail(source, "HeaderTooSmall", "the file has " + std::to_string(file_size) + " bytes");
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= uint64_t{static_cast<unsigned char>(prefix[i])} << (8 * i);
  if (length > kMaxSafetensorsHeader) {
    fail(source, "HeaderTooLarge", "it claims a header of " + std::to_string(length) + " bytes");
  }
  if (length < 2 || length > file_size - kLengthBytes) {
    fail(source, "InvalidHeaderLength",
         "it claims a header of " + std::to_string(length) + " bytes and " + std::to_string(file_size - kLengthBytes) +
             " follow");
  }
  return length;
}

SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_size, const std::string& source) {
  const Json json = parse_header_json(text, source);
  SafetensorsHeader header;
  header.data_start = kLengthBytes + text.size();
  for (const auto& [name, entry] : json.items()) {
    if (name != kMetadataKey) {
      header.tensors.emplace(name, parse_tensor(entry, name, data_size, source));
      continue;
    }
    if (!entry.is_object()) fail(source, "InvalidMetadata", "__metadata__ is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail(source, "InvalidMetadata", "the value of '" + key + "' is not a string");
      header.metadata.emplace(key, value.get<std::string>());
    }
  }
  check_contiguous(header, data_size, source);
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[kMetadataKey] = header.metadata;
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [name, info] : header.tensors) order.emplace_back(info.begin, name);
  std::sort(order.begin(), order.end());
  for (const auto& [begin, name] : order) {
    const TensorInfo& info = header.tensors.at(name);
    json[name] = {{"dtype", info.dtype}, {"shape", info.shape}, {"data_offsets", {info.begin, info.end}}};
  }
  std::string text = json.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  std::string out(kLengthBytes, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) out[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return out + text;
}

}  // namespace multipole

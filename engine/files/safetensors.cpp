#include "engine/files/safetensors.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors data is read and written as it lies in memory");

struct DtypeName {
  const char* name;
  torch::ScalarType type;
};

constexpr std::array<DtypeName, kSafetensorsDtypes.size()> kDtypeNames = {{{"F64", torch::kFloat64},
                                                                           {"F32", torch::kFloat32},
                                                                           {"F16", torch::kFloat16},
                                                                           {"BF16", torch::kBFloat16},
                                                                           {"I64", torch::kInt64},
                                                                           {"I32", torch::kInt32},
                                                                           {"I16", torch::kInt16},
                                                                           {"I8", torch::kInt8},
                                                                           {"U8", torch::kUInt8},
                                                                           {"BOOL", torch::kBool}}};

torch::ScalarType scalar_type(const std::string& dtype) {
  return std::find_if(kDtypeNames.begin(), kDtypeNames.end(), [&](const auto& d) { return dtype == d.name; })->type;
}

std::string dtype_name(const torch::Tensor& tensor, const std::string& name) {
  for (const auto& dtype : kDtypeNames) {
    if (dtype.type == tensor.scalar_type()) return dtype.name;
  }
  throw ModelFileError("tensor '" + name + "' has dtype " + torch::toString(tensor.scalar_type()) +
                       ", which the project does not write to safetensors");
}

std::ifstream open_file(const std::filesystem::path& path, uint64_t& size) {
  std::error_code code;
  // asked before opening: opening a FIFO would wait for a writer
  if (!std::filesystem::is_regular_file(path, code)) {
    throw ModelFileError("cannot read " + path.string() + ": " + (code ? code.message() : "not a regular file"));
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw ModelFileError("cannot read " + path.string() + ": permission denied or unreadable");
  size = static_cast<uint64_t>(file.tellg());
  file.seekg(0);
  return file;
}

SafetensorsHeader read_header(std::ifstream& file, uint64_t size, const std::string& source) {
  std::string text(8, '\0');
  file.read(text.data(), 8);
  const uint64_t length =
      safetensors_header_length(std::string_view(text).substr(0, static_cast<size_t>(file.gcount())), size, source);
  text.resize(length);
  if (!file.read(text.data(), static_cast<std::streamsize>(length))) {
    throw ModelFileError("cannot read " + source + ": it ended early");
  }
  return parse_safetensors_header(text, size - 8 - length, source);
}

torch::Tensor read_tensor(std::ifstream& file, const TensorInfo& info, uint64_t data_start, const std::string& source) {
  const torch::ScalarType type = scalar_type(info.dtype);
  // any byte is a valid uint8, while a bool must be 0 or 1
  const bool is_bool = type == torch::kBool;
  torch::Tensor tensor;
  try {
    tensor = torch::empty(info.shape, is_bool ? torch::kUInt8 : type);
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const c10::Error& error) {
    // a dimension of 0 beside others whose product torch cannot count, for one
    throw ModelFileError(source + ": not a shape that can be held: " + error.what_without_backtrace());
  }
  file.seekg(static_cast<std::streamoff>(data_start + info.begin));
  const auto bytes = static_cast<std::streamsize>(info.end - info.begin);
  if (bytes > 0 && !file.read(static_cast<char*>(tensor.data_ptr()), bytes)) {
    throw ModelFileError("cannot read " + source + ": it ended early");
  }
  return is_bool ? tensor.ne(0) : tensor;
}

}  // namespace

SafetensorsHeader read_safetensors_header(const std::filesystem::path& path) {
  uint64_t size = 0;
  std::ifstream file = open_file(path, size);
  return read_header(file, size, path.string());
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  uint64_t size = 0;
  std::ifstream file = open_file(path, size);
  const SafetensorsHeader header = read_header(file, size, path.string());
  Safetensors content;
  content.metadata = header.metadata;
  for (const auto& [name, info] : header.tensors) {
    content.tensors.emplace(name, read_tensor(file, info, header.data_start, path.string()));
  }
  return content;
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& content) {
  // widest elements first, so that every tensor is aligned to its own element size
  std::vector<std::pair<std::string, torch::Tensor>> ordered(content.tensors.begin(), content.tensors.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& left, const auto& right) {
    return left.second.element_size() > right.second.element_size();
  });
  SafetensorsHeader header;
  header.metadata = content.metadata;
  uint64_t position = 0;
  for (auto& [name, tensor] : ordered) {
    tensor = tensor.detach().to(torch::kCPU).contiguous();
    TensorInfo& info = header.tensors[name];
    info = {dtype_name(tensor, name), tensor.sizes().vec(), position, position + tensor.nbytes()};
    position = info.end;
  }
  const std::string head = format_safetensors_header(header);
  AtomicFile file(path, head.size() + position);
  file.write(head);
  for (const auto& [name, tensor] : ordered) file.write(tensor.data_ptr(), tensor.nbytes());
  file.commit();
}

}  // namespace multipole

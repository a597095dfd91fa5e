#include "tasks/segmentation/view/deflate.h"

#include <zlib.h>

#include <stdexcept>

namespace multipole {
namespace {

constexpr int kLevel = 6;  // zlib's own choice

}  // namespace

std::string deflate_bytes(std::span<const uint8_t> bytes) {
  auto size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int result = ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size, bytes.data(),
                                 static_cast<uLong>(bytes.size()), kLevel);
  if (result != Z_OK) throw std::runtime_error("zlib refused " + std::to_string(bytes.size()) + " bytes");
  packed.resize(size);
  return packed;
}

}  // namespace multipole
